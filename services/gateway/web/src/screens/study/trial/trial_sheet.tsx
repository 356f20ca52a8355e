/** A quick look at a trial, above the list that it stands in; its page has the rest. */

import { useEffect, useRef } from "preact/hooks";
import { isEndedTrial } from "../../../format/words";
import { trialAddress } from "../../../router";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { openedTrial } from "../../../state/opened";
import { selectionQuery } from "../../../state/selection";
import { Icon } from "../../../ui/icons";
import { TrialBadge } from "../../../ui/state_badge";
import { ReceiptBox } from "./receipt_box";
import { choices, Facts, results, trialWords } from "./trial_facts";
import { VerifyBox } from "./verify_box";

export function TrialSheet({ view }: { view: StudyView }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const number = openedTrial.value;
  const trial = number === null ? undefined : view.trials.get(number);
  const isOpen = trial !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  useEffect(() => () => close(), []);
  return (
    <dialog
      ref={dialog}
      class="sheet trial-sheet"
      aria-labelledby="trial-title"
      onClose={close}
      onClick={(event) => {
        // A click beside the sheet is one on the dialog itself.
        if (event.target === event.currentTarget) close();
      }}
    >
      {trial && <Content key={trial.number} trial={trial} view={view} />}
    </dialog>
  );
}

function close(): void {
  openedTrial.value = null;
}

function Content({ trial, view }: { trial: LiveTrial; view: StudyView }) {
  const { study } = view;
  const canVerify = trial.state === "SUCCEEDED" && !trial.baseline;
  return (
    <div class="trial-content">
      <header>
        <div>
          <h2 id="trial-title">Trial {trial.number}</h2>
          <p class="muted">{trialWords(trial)}</p>
        </div>
        <TrialBadge state={trial.state} />
        <button type="button" class="btn btn-quiet btn-small" onClick={close} aria-label="Close">
          <Icon name="cross" />
        </button>
      </header>
      <a
        href={trialAddress(study.study_id, trial.number, selectionQuery.value)}
        onClick={close}
      >
        Curves, right and wrong, and all else on its page
      </a>
      <Facts facts={results(trial, view)} />
      {!trial.baseline && <Facts facts={choices(trial, view)} />}
      {canVerify && <VerifyBox studyId={study.study_id} trial={trial} metric={study.metric} />}
      {isEndedTrial(trial.state) && <ReceiptBox studyId={study.study_id} trial={trial} />}
    </div>
  );
}
