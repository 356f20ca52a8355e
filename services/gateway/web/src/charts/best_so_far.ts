/** How the best score of the search grew, trial by trial, in the order in which they ended. */

import type { Metric } from "../api/types";
import { utility } from "../format/metric";
import { isOfSearch } from "../state/fold";
import type { LiveTrial } from "../state/fold";

export interface EndedTrial {
  trial: LiveTrial;
  score: number;
  /** The best score up to and with this trial. */
  best: number;
  isBetter: boolean;
}

/** Those that succeeded; what a rung has dropped is no candidate. */
export function bestSoFar(trials: Iterable<LiveTrial>, metric: Metric): EndedTrial[] {
  const ended = [...trials]
    .filter((trial) => isOfSearch(trial) && trial.state === "SUCCEEDED" && trial.score_val !== null)
    .sort((a, b) => endOf(a) - endOf(b) || a.number - b.number);
  let best: number | null = null;
  return ended.map((trial) => {
    const score = trial.score_val ?? 0;
    const isBetter = best === null || utility(score, metric) > utility(best, metric);
    best = isBetter || best === null ? score : best;
    return { trial, score, best, isBetter };
  });
}

function endOf(trial: LiveTrial): number {
  return trial.ended_at === null ? Infinity : Date.parse(trial.ended_at);
}
