/** What a made-up design gets right and wrong, row by row. */

import type { EvaluatedRows, Evaluation, Study, Trial } from "../api/types";
import { bell, seeded } from "./random";
import type { Random } from "./random";

type RocCurve = Evaluation["roc"][number];

const ROWS = 69;
const POINTS = 40;

/** `classes` of the target; none: a number is predicted. */
export function evaluate(
  study: Study,
  trial: Trial,
  rows: EvaluatedRows,
  classes: readonly string[],
): Evaluation {
  const random = seeded(trial.number * 31 + 5);
  const score = Math.max(0.05, trial.score_val ?? 0.5);
  const blank = {
    rows,
    merged: 0,
    task: study.task,
    n: ROWS,
  } as const;
  if (study.task === "regression") return { ...blank, ...regressed(score, random) };
  const shown = classes.length === 2 ? classes.slice(1) : classes;
  return {
    ...blank,
    classes: [...classes],
    confusion: confused(classes.length, score, random),
    roc: shown.map((name) => rocOf(name, score, random)),
    residuals: null,
    mae: null,
    rmse: null,
    r2: null,
  };
}

function confused(classes: number, score: number, random: Random): number[][] {
  const rows = Math.floor(ROWS / classes);
  return Array.from({ length: classes }, (_, actual) => {
    const counts = new Array<number>(classes).fill(0);
    for (let row = 0; row < rows; row += 1) {
      const wrong = (actual + 1 + Math.floor(random() * (classes - 1))) % classes;
      const guess = random() < score ? actual : wrong;
      counts[guess] = (counts[guess] ?? 0) + 1;
    }
    return counts;
  });
}

function rocOf(name: string, score: number, random: Random): RocCurve {
  const bend = Math.max(0.02, 1 - score) * (0.8 + random() * 0.4);
  const fpr = Array.from({ length: POINTS }, (_, index) => (index / (POINTS - 1)) ** 2);
  return { class: name, auc: 1 / (1 + bend), fpr, tpr: fpr.map((rate) => rate ** bend) };
}

function regressed(
  r2: number,
  random: Random,
): Pick<Evaluation, "classes" | "confusion" | "roc" | "residuals" | "mae" | "rmse" | "r2"> {
  const spread = 800;
  const actual = Array.from({ length: ROWS }, () => 4200 + bell(random) * spread * 2);
  const error = spread * Math.sqrt(Math.max(0.01, 1 - r2));
  const predicted = actual.map((value) => value + bell(random) * error * 2);
  const errors = actual.map((value, row) => Math.abs(value - (predicted[row] ?? 0)));
  const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    classes: [],
    confusion: null,
    roc: [],
    residuals: { actual, predicted },
    mae: mean(errors),
    rmse: Math.sqrt(mean(errors.map((each) => each ** 2))),
    r2,
  };
}
