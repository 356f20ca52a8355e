/** Training time by the number of hidden layers: the numbers behind the headline chart. */

import type { Metric } from "../api/types";
import { utility } from "../format/metric";
import { isOfSearch } from "../state/fold";
import type { LiveTrial } from "../state/fold";

export interface TimedTrial {
  trial: LiveTrial;
  seconds: number;
  score: number;
}

/** The search's trials that have ended with a time and a score; what was dropped at a rung has trained too little
 *  for its time to say anything of its depth. */
export function timedTrials(trials: Iterable<LiveTrial>): TimedTrial[] {
  const timed: TimedTrial[] = [];
  for (const trial of trials) {
    const { fit_time_seconds: seconds, score_val: score } = trial;
    if (!isOfSearch(trial) || trial.state === "PRUNED") continue;
    if (seconds !== null && seconds > 0 && score !== null) timed.push({ trial, seconds, score });
  }
  return timed;
}

export interface DepthSummary {
  layers: number;
  trials: number;
  median: number;
  low: number;
  high: number;
  best: number;
}

/** One row for each depth, shallow first. */
export function summarizeDepths(timed: readonly TimedTrial[], metric: Metric): DepthSummary[] {
  const groups = new Map<number, TimedTrial[]>();
  for (const each of timed) {
    const group = groups.get(each.trial.n_layers) ?? [];
    group.push(each);
    groups.set(each.trial.n_layers, group);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => a - b)
    .map(([layers, group]) => summary(layers, group, metric));
}

function summary(layers: number, group: TimedTrial[], metric: Metric): DepthSummary {
  const seconds = group.map((each) => each.seconds).sort((a, b) => a - b);
  return {
    layers,
    trials: group.length,
    median: median(seconds),
    low: seconds[0] ?? 0,
    high: seconds[seconds.length - 1] ?? 0,
    best: utility(Math.max(...group.map((each) => utility(each.score, metric))), metric),
  };
}

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** -1 to 1, always the same for a trial, so that points don't jump when others arrive. */
export function jitter(number: number): number {
  // The golden ratio spreads successive numbers evenly.
  return ((number * 0.6180339887498949) % 1) * 2 - 1;
}
