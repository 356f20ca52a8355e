/** Who trains what at the moment. */

import type { Metric } from "../../../api/types";
import { better } from "../../../format/metric";
import type { LiveTrial } from "../../../state/fold";

export interface Crew {
  workerId: string;
  cohortId: string;
  trials: LiveTrial[];
  /** The furthest of its lanes; null before their first report. */
  epoch: number | null;
  /** Of its lanes so far; null before their first report. */
  best: number | null;
}

/** A crew for each cohort that a worker trains; the one with the earliest trials first. */
export function crewsOf(trials: Iterable<LiveTrial>, metric: Metric): Crew[] {
  const crews = new Map<string, Crew>();
  for (const trial of trials) {
    if (trial.state !== "RUNNING") continue;
    const { worker_id: workerId, cohort_id: cohortId } = trial;
    const crew = crews.get(cohortId) ?? { workerId, cohortId, trials: [], epoch: null, best: null };
    crews.set(cohortId, crew);
    crew.trials.push(trial);
    if (trial.live !== null) crew.epoch = Math.max(crew.epoch ?? 0, trial.live.epoch);
    if (trial.live_score !== null) crew.best = better(crew.best, trial.live_score, metric);
  }
  return [...crews.values()];
}
