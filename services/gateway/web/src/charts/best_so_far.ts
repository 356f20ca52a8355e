/** How the best score of the search grew, trial by trial, in the order in which they ended. */

import type { Metric } from "../api/types";
import { utility } from "../format/metric";
import { isOfSearch } from "../state/fold";
import type { LiveTrial } from "../state/fold";

export interface EndedTrial {
  trial: LiveTrial;
  score: number;
  /** The best score up to and with this trial; null while none has succeeded. */
  best: number | null;
  isBetter: boolean;
}

/** All that ended with a score; what a rung has dropped has tried a design, too, but can't lead. */
export function bestSoFar(trials: Iterable<LiveTrial>, metric: Metric): EndedTrial[] {
  const ended = [...trials]
    .filter((trial) => isOfSearch(trial) && trial.ended_at !== null && trial.score_val !== null)
    .sort((a, b) => endOf(a) - endOf(b) || a.number - b.number);
  let best: number | null = null;
  return ended.map((trial) => {
    const score = trial.score_val ?? 0;
    const isAhead = best === null || utility(score, metric) > utility(best, metric);
    const isBetter = isAhead && trial.state === "SUCCEEDED";
    if (isBetter) best = score;
    return { trial, score, best, isBetter };
  });
}

function endOf(trial: LiveTrial): number {
  return trial.ended_at === null ? Infinity : Date.parse(trial.ended_at);
}
