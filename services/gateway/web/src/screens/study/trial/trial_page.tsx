/** A trial's own page: how it learned, where it is right, how it was trained. */

import { isEndedTrial, reasonWords } from "../../../format/words";
import { studyAddress, trialAddress } from "../../../router";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { picked, selectionQuery, togglePick } from "../../../state/selection";
import { Blank } from "../../../ui/blank";
import { toast } from "../../../ui/toast";
import { Icon } from "../../../ui/icons";
import { Panel } from "../../../ui/panel";
import { TrialBadge } from "../../../ui/state_badge";
import { attemptWords } from "./attempt_words";
import { EvaluationPanel } from "./evaluation_panel";
import { neighbours } from "./neighbours";
import { ReceiptBox } from "./receipt_box";
import { TrialCurves } from "./trial_curves";
import { choices, Facts, results, trialWords } from "./trial_facts";
import { VerifyBox } from "./verify_box";

interface TrialPageProps {
  view: StudyView;
  number: number;
}

export function TrialPage({ view, number }: TrialPageProps) {
  const trial = view.trials.get(number);
  if (trial) return <Content key={number} trial={trial} view={view} />;
  return (
    <Panel title={`Trial ${number}`}>
      <Blank icon="search" title="The study has no such trial" text="The link may be of another.">
        <a class="btn btn-primary" href={studyAddress(view.study.study_id, "trials")}>
          All trials
        </a>
      </Blank>
    </Panel>
  );
}

interface PartProps {
  view: StudyView;
  trial: LiveTrial;
}

function Content({ view, trial }: PartProps) {
  const { study } = view;
  const hasResult = trial.state === "SUCCEEDED" && !trial.baseline;
  return (
    <>
      <Head view={view} trial={trial} />
      <Panel title="What came of it" subtitle={attemptWords(trial)}>
        <div class="stack">
          {trial.detail !== "" && (
            <div class={`note tone-${trial.state === "FAILED" ? "bad" : "idle"}`}>
              <Icon name="info" />
              <p>
                {trial.reason && <strong>{reasonWords(trial.reason)}. </strong>}
                {trial.detail}
              </p>
            </div>
          )}
          <Facts facts={results(trial, view)} />
          {hasResult && <VerifyBox studyId={study.study_id} trial={trial} metric={study.metric} />}
          {isEndedTrial(trial.state) && <ReceiptBox studyId={study.study_id} trial={trial} />}
        </div>
      </Panel>
      {!trial.baseline && (
        <Panel title="How it was built" actions={<CopyDesign trial={trial} />}>
          <Facts facts={choices(trial, view)} />
        </Panel>
      )}
      {!trial.baseline && <TrialCurves study={study} trial={trial} />}
      {hasResult && <EvaluationPanel study={study} trial={trial} />}
    </>
  );
}

function Head({ view, trial }: PartProps) {
  const { study_id: id } = view.study;
  const { before, after } = neighbours(view, trial);
  const isPicked = picked.value.includes(trial.number);
  const at = (number: number): string => trialAddress(id, number, selectionQuery.value);
  return (
    <div class="trial-head">
      <div>
        <p class="crumbs">
          <a href={studyAddress(id, "trials", selectionQuery.value)}>All trials</a>
        </p>
        <h2>
          Trial {trial.number} <TrialBadge state={trial.state} />
        </h2>
        <p class="muted">{trialWords(trial)}</p>
      </div>
      <div class="row">
        {before && <a href={at(before.number)}>Better: trial {before.number}</a>}
        {after && <a href={at(after.number)}>Next: trial {after.number}</a>}
        {!trial.baseline && (
          <button
            type="button"
            class="btn btn-quiet"
            aria-pressed={isPicked}
            onClick={() => togglePick(trial.number)}
          >
            <Icon name={isPicked ? "check" : "compare"} />
            {isPicked ? "Picked for comparing" : "Pick for comparing"}
          </button>
        )}
        {picked.value.length > 1 && (
          <a href={studyAddress(id, "compare", selectionQuery.value)}>
            Compare {picked.value.length}
          </a>
        )}
      </div>
    </div>
  );
}

/** To be pasted among one's own designs of another study. */
function CopyDesign({ trial }: { trial: LiveTrial }) {
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      onClick={() => {
        const text = JSON.stringify(trial.design, null, 2);
        void navigator.clipboard.writeText(text).then(
          () => toast({ text: "The design is on the clipboard, as JSON." }),
          () => toast({ text: "The browser did not allow the clipboard to be written to." }),
        );
      }}
    >
      <Icon name="copy" />
      Copy as JSON
    </button>
  );
}
