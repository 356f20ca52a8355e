/** Pareto fronts: what nothing else beats in every respect. */

import type { Metric } from "../api/types";
import { utility } from "../format/metric";
import type { LiveTrial } from "../state/fold";

export type Cost = "fit_time_seconds" | "n_params";
export const COSTS: readonly Cost[] = ["fit_time_seconds", "n_params"];

/** The succeeded trials that no other one beats: a better or equal score for less or equal costs,
 *  and one of them truly better. Best score first. */
export function paretoFront(
  trials: readonly LiveTrial[],
  costs: readonly Cost[],
  metric: Metric,
): LiveTrial[] {
  const value = (trial: LiveTrial): number => utility(trial.score_val ?? 0, metric);
  const cost = (trial: LiveTrial, name: Cost): number => trial[name] ?? Infinity;
  const sorted = trials
    .filter((trial) => trial.state === "SUCCEEDED" && trial.score_val !== null)
    .sort((a, b) => {
      const byCost = costs.map((name) => cost(a, name) - cost(b, name)).find((each) => each !== 0);
      return value(b) - value(a) || (byCost ?? 0) || a.number - b.number;
    });
  const front: LiveTrial[] = [];
  for (const trial of sorted) {
    // Whoever comes earlier has no lower score: less or equal costs beat this one.
    const isBeaten = front.some((other) =>
      costs.every((name) => cost(other, name) <= cost(trial, name)),
    );
    if (!isBeaten) front.push(trial);
  }
  return front;
}
