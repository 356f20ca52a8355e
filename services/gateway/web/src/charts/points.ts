/** Trials as points: which are drawn, how the selected ones stand out, and what they say. */

import type { Metric } from "../api/types";
import { score, utility } from "../format/metric";
import { counted } from "../format/numbers";
import { duration } from "../format/time";
import { designSummary } from "../format/words";
import { matches } from "../state/conditions";
import type { Brush } from "../state/conditions";
import type { LiveTrial } from "../state/fold";
import type { Trace } from "./plotly";
import { scoreRange } from "./score_scale";
import { plainText } from "./theme";
import type { ChartTheme } from "./theme";

/** What every plot needs to know beside its trials. */
export interface PointStyle {
  metric: Metric;
  brushes: readonly Brush[];
  picked: readonly number[];
  best: number | null;
}

/** As many points as a browser without a graphics card draws in a moment. */
export const MOST_POINTS = 2_000;

/** All, or an even choice of them that always has what `isKept` names. */
export function thinned<T>(all: readonly T[], isKept: (each: T) => boolean, most = MOST_POINTS): T[] {
  if (all.length <= most) return [...all];
  const step = all.length / most;
  let next = 0;
  return all.filter((each, index) => {
    const isNext = index >= next;
    if (isNext) next += step;
    return isNext || isKept(each);
  });
}

/** `2,000 of 10,000 points drawn`; empty where all are. */
export function thinnedWords(all: number, drawn: number): string {
  return drawn >= all ? "" : `${drawn.toLocaleString("en-US")} of ${counted(all, "point")} drawn`;
}

const DIMMED = 0.12;

/** Selected ones full, others dim; the best a star, picked ones diamonds, dropped ones hollow. */
export function trialMarkers(
  theme: ChartTheme,
  trials: readonly LiveTrial[],
  style: PointStyle,
): Trace {
  const utilities = trials.map((trial) => utilityOf(trial, style.metric));
  const { low, high } = scoreRange(utilities);
  const isBest = (trial: LiveTrial): boolean => trial.number === style.best;
  const isPicked = (trial: LiveTrial): boolean => style.picked.includes(trial.number);
  return {
    color: utilities.map((value) => value ?? low),
    colorscale: theme.scale,
    cmin: low,
    cmax: high > low ? high : low + 1e-9,
    size: trials.map((trial) => (isBest(trial) ? 17 : isPicked(trial) ? 13 : 9)),
    symbol: trials.map((trial) => {
      if (isBest(trial)) return "star";
      if (isPicked(trial)) return "diamond";
      return trial.state === "SUCCEEDED" ? "circle" : "circle-open";
    }),
    line: { color: theme.ink, width: trials.map((trial) => (isPicked(trial) ? 2 : 0.5)) },
    opacity: trials.map((trial) => (matches(trial, style.brushes) ? 0.9 : DIMMED)),
  };
}

function utilityOf({ score_val: value }: LiveTrial, metric: Metric): number | null {
  return value === null ? null : utility(value, metric);
}

export function trialText(trial: LiveTrial, metric: Metric): string {
  const seconds = trial.fit_time_seconds;
  const time = seconds === null ? "" : `${duration(seconds)} · `;
  return [
    `Trial ${trial.number}  ${score(trial.score_val, metric)}`,
    plainText(designSummary(trial.design)),
    `${time}${counted(trial.epochs, "epoch")}`,
  ].join("<br>");
}

/** The axis of a score: one bad design must not flatten all others. */
export function scoreAxisRange(scores: readonly number[], metric: Metric): [number, number] {
  const { low, high } = scoreRange(scores.map((value) => utility(value, metric)));
  const edge = 0.08 * (high - low || Math.abs(high) || 1);
  const ends = [utility(low - edge, metric), utility(high + edge, metric)].sort((a, b) => a - b);
  return [ends[0] ?? 0, ends[1] ?? 1];
}
