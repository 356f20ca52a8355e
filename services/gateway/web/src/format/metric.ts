/** Scores in their metric's own words. */

import type { Metric, Task } from "../api/types";

interface MetricLook {
  name: string;
  /** In a few words, for somebody who has to choose one. */
  about: string;
  task: Task;
  /** `percent`: a share of rows; `index`: a number without a unit; `target`: the target's unit. */
  unit: "percent" | "index" | "target";
  isLoss: boolean;
}

const LOOKS: Record<Metric, MetricLook> = {
  accuracy: {
    name: "accuracy",
    about: "The share of rows that get the right class",
    task: "classification",
    unit: "percent",
    isLoss: false,
  },
  balanced_accuracy: {
    name: "balanced accuracy",
    about: "Like accuracy, with every class of equal weight",
    task: "classification",
    unit: "percent",
    isLoss: false,
  },
  f1: {
    name: "F1",
    about: "Precision and recall in one, for rare classes",
    task: "classification",
    unit: "percent",
    isLoss: false,
  },
  auc: {
    name: "AUC",
    about: "How well rows are ranked, whatever the threshold",
    task: "classification",
    unit: "index",
    isLoss: false,
  },
  log_loss: {
    name: "log loss",
    about: "How right the probabilities are; lower is better",
    task: "classification",
    unit: "index",
    isLoss: true,
  },
  r2: {
    name: "R²",
    about: "The share of the target's variance that is explained",
    task: "regression",
    unit: "index",
    isLoss: false,
  },
  rmse: {
    name: "RMSE",
    about: "Typical error in the target's units, large ones weigh more; lower is better",
    task: "regression",
    unit: "target",
    isLoss: true,
  },
  mae: {
    name: "MAE",
    about: "Mean error in the target's units; lower is better",
    task: "regression",
    unit: "target",
    isLoss: true,
  },
};

const NONE = "–";
const THIN_SPACE = "\u202f";

export function metricName(metric: Metric): string {
  return LOOKS[metric].name;
}

export function metricAbout(metric: Metric): string {
  return LOOKS[metric].about;
}

export function metricsOf(task: Task): Metric[] {
  return (Object.keys(LOOKS) as Metric[]).filter((metric) => LOOKS[metric].task === task);
}

export function defaultMetric(task: Task): Metric {
  return task === "classification" ? "accuracy" : "r2";
}

export function isLoss(metric: Metric): boolean {
  return LOOKS[metric].isLoss;
}

/** `RMSE ↓` where lower is better; the arrow is for those who know, `directionWords` for all. */
export function metricLabel(metric: Metric): string {
  return isLoss(metric) ? `${metricName(metric)} ↓` : metricName(metric);
}

export function directionWords(metric: Metric): string {
  return isLoss(metric) ? "lower is better" : "higher is better";
}

/** The higher, the better, whatever the metric. Its own inverse. */
export function utility(value: number, metric: Metric): number {
  return isLoss(metric) ? -value : value;
}

/** The better one of two scores, of which either may be missing. */
export function better(a: number | null, b: number | null, metric: Metric): number | null {
  if (a === null || b === null) return a ?? b;
  return utility(a, metric) >= utility(b, metric) ? a : b;
}

/** 97.31 %, 0.842, 54.2: as the metric is usually told. */
export function score(value: number | null | undefined, metric: Metric, digits = 2): string {
  if (value === null || value === undefined) return NONE;
  switch (LOOKS[metric].unit) {
    case "percent":
      return `${(value * 100).toFixed(digits)}${THIN_SPACE}%`;
    case "index":
      return minus(value.toFixed(digits + 1));
    case "target":
      return significant(value, digits + 2);
  }
}

/** Of a difference, without its sign: `0.8 points`, `0.012`. */
export function amount(value: number, metric: Metric): string {
  const text = amountNumber(Math.abs(value), metric);
  if (LOOKS[metric].unit !== "percent") return text;
  return `${text} ${text === "1.0" ? "point" : "points"}`;
}

/** With its sign, for a column of differences: `+0.8`, `−0.012`. */
export function signed(value: number | null, metric: Metric): string {
  if (value === null) return NONE;
  const text = amountNumber(Math.abs(value), metric);
  if (Number(text.replaceAll(",", "")) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** What the numbers of `signed` count: a unit for the head of their column. */
export function differenceUnit(metric: Metric): string {
  return LOOKS[metric].unit === "percent" ? "points" : metricName(metric);
}

function amountNumber(value: number, metric: Metric): string {
  switch (LOOKS[metric].unit) {
    case "percent":
      return (value * 100).toFixed(value < 0.001 && value > 0 ? 2 : 1);
    case "index":
      return value.toFixed(3);
    case "target":
      return significant(value, 3);
  }
}

function significant(value: number, digits: number): string {
  const rounded = Number(value.toPrecision(digits));
  return minus(rounded.toLocaleString("en-US", { maximumSignificantDigits: digits }));
}

function minus(text: string): string {
  return text.replace("-", "−");
}

/** Short, for a tick of an axis: `96 %`, `0.84`. */
export function axisText(value: number, metric: Metric): string {
  if (LOOKS[metric].unit !== "percent") return significant(value, 3);
  return `${Number((value * 100).toFixed(1))}${THIN_SPACE}%`;
}

/** How Plotly writes the metric: on an axis, and where a point is looked at. */
export function axisFormat(metric: Metric): string {
  // As many digits as tell two ticks apart: a search ends among scores that are close.
  return { percent: ".4~p", index: ".3~r", target: "~s" }[LOOKS[metric].unit];
}

export function hoverFormat(metric: Metric): string {
  return { percent: ".2%", index: ".3f", target: ".4~g" }[LOOKS[metric].unit];
}
