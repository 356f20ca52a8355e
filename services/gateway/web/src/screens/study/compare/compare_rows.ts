/** Trials side by side: a row a field, a cell a trial. */

import type { Design, Study } from "../../../api/types";
import { fieldWords } from "../../../format/design_words";
import { metricLabel, score } from "../../../format/metric";
import { compact, rate } from "../../../format/numbers";
import { duration } from "../../../format/time";
import { layers, TRIAL_STATE_WORDS } from "../../../format/words";
import type { LiveTrial } from "../../../state/fold";

export interface CompareRow {
  name: string;
  cells: string[];
  /** Whether not all trials have the same. */
  differs: boolean;
}

export function outcomeRows(trials: readonly LiveTrial[], study: Study): CompareRow[] {
  const label = metricLabel(study.metric);
  return [
    row("State", trials, (trial) => TRIAL_STATE_WORDS[trial.state]),
    row(`Validation ${label}`, trials, (trial) => score(shownScore(trial), study.metric)),
    row(`Test ${label}`, trials, (trial) => score(trial.score_test, study.metric)),
    row("Parameters", trials, (trial) => compact(trial.n_params)),
    row("Epochs", trials, (trial) => String(trial.epochs)),
    row("Training time", trials, (trial) => duration(trial.fit_time_seconds)),
    row("Seed", trials, (trial) => String(trial.seed)),
  ];
}

function shownScore(trial: LiveTrial): number | null {
  return trial.score_val ?? trial.live_score;
}

/** All fields of the designs, the study's preparation where a design has none of its own. */
export function designRows(trials: readonly LiveTrial[], study: Study): CompareRow[] {
  const first = trials[0]?.design;
  if (!first) return [];
  return (Object.keys(first) as (keyof Design)[]).map((field) =>
    row(capital(fieldWords(field)), trials, ({ design }) =>
      field === "recipe" ? (design.recipe ?? study.recipe) : words(field, design),
    ),
  );
}

function words(field: keyof Design, design: Design): string {
  if (field === "hidden") return layers(design.hidden);
  const value = design[field];
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? rate(value) : String(value);
}

function row(
  name: string,
  trials: readonly LiveTrial[],
  cell: (trial: LiveTrial) => string,
): CompareRow {
  const cells = trials.map(cell);
  return { name, cells, differs: new Set(cells).size > 1 };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
