/** What a trial was and how it ended, as the quick look and the trial's own page show it. */

import { BASELINE_WORDS, PURPOSE_WORDS, RECIPE_WORDS } from "../../../format/design_words";
import { metricName, score } from "../../../format/metric";
import { compact, rate } from "../../../format/numbers";
import { duration } from "../../../format/time";
import { layers } from "../../../format/words";
import type { LiveTrial, StudyView } from "../../../state/fold";

/** `3 × 128 · Search`, of a repeat with its number. */
export function trialWords(trial: LiveTrial): string {
  const what = trial.baseline ? BASELINE_WORDS[trial.baseline] : layers(trial.design.hidden);
  const repeat = trial.repeat > 0 ? `, repeat ${trial.repeat}` : "";
  return `${what} · ${PURPOSE_WORDS[trial.purpose]}${repeat}`;
}

type Fact = [string, string | number];

export function Facts({ facts }: { facts: Fact[] }) {
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

export function results(trial: LiveTrial, { study }: StudyView): Fact[] {
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

export function choices({ design }: LiveTrial, { study }: StudyView): Fact[] {
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
