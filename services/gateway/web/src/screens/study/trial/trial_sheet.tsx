/** One trial, close up: what it was, how it ended, and whether it can be trained again. */

import { useEffect, useRef } from "preact/hooks";
import { BASELINE_WORDS, PURPOSE_WORDS, RECIPE_WORDS } from "../../../format/design_words";
import { metricName, score } from "../../../format/metric";
import { compact, rate } from "../../../format/numbers";
import { duration } from "../../../format/time";
import { isEndedTrial, layers } from "../../../format/words";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { navigate, route, studyAddress } from "../../../router";
import { openedTrial } from "../../../state/opened";
import { selectionQuery } from "../../../state/selection";
import { Icon } from "../../../ui/icons";
import { TrialBadge } from "../../../ui/state_badge";
import { ReceiptBox } from "./receipt_box";
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
  useEffect(() => () => void (openedTrial.value = null), []);
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
  const at = route.peek();
  if (at.name === "trial") navigate(studyAddress(at.studyId, "trials", selectionQuery.peek()));
}

function Content({ trial, view }: { trial: LiveTrial; view: StudyView }) {
  const { study } = view;
  const canVerify = trial.state === "SUCCEEDED" && !trial.baseline;
  return (
    <div class="trial-content">
      <header>
        <div>
          <h2 id="trial-title">Trial {trial.number}</h2>
          <p class="muted">
            {trial.baseline ? BASELINE_WORDS[trial.baseline] : layers(trial.design.hidden)} ·{" "}
            {PURPOSE_WORDS[trial.purpose]}
            {trial.repeat > 0 && `, repeat ${trial.repeat}`}
          </p>
        </div>
        <TrialBadge state={trial.state} />
        <button type="button" class="btn btn-quiet btn-small" onClick={close} aria-label="Close">
          <Icon name="cross" />
        </button>
      </header>
      <Facts facts={results(trial, view)} />
      {!trial.baseline && <Facts facts={choices(trial, view)} />}
      {canVerify && <VerifyBox studyId={study.study_id} trial={trial} metric={study.metric} />}
      {isEndedTrial(trial.state) && <ReceiptBox studyId={study.study_id} trial={trial} />}
    </div>
  );
}

type Fact = [string, string | number];

function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl class="facts-grid">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function results(trial: LiveTrial, { study }: StudyView): Fact[] {
  const name = metricName(study.metric);
  return [
    [`Validation ${name}`, score(trial.score_val ?? trial.live_score, study.metric)],
    [`Test ${name}`, score(trial.score_test, study.metric)],
    ["Parameters", compact(trial.n_params)],
    ["Epochs", trial.best_epoch ? `${trial.epochs}, best at ${trial.best_epoch}` : trial.epochs],
    ["Training time", duration(trial.fit_time_seconds)],
    ["Seed", trial.seed],
  ];
}

function choices({ design }: LiveTrial, { study }: StudyView): Fact[] {
  const facts: Fact[] = [
    ["Hidden layers", layers(design.hidden)],
    ["Activation", design.activation],
    ["Normalization", design.norm],
    ["Dropout", rate(design.dropout)],
    ["Optimizer", design.optimizer],
    ["Learning rate", rate(design.learning_rate)],
    ["Weight decay", rate(design.weight_decay)],
    ["Batch size", design.batch_size],
    ["Schedule", design.schedule],
    ["Class weights", design.class_weight],
    ["Residual", design.residual ? "yes" : "no"],
    ["Preparation", RECIPE_WORDS[design.recipe ?? study.recipe][0]],
  ];
  if (design.missing_indicators) facts.push(["Missing indicators", "yes"]);
  if (design.group_rare) facts.push(["Rare categories", "grouped"]);
  return facts;
}
