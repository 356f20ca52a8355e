/** When which worker trained what: a bar for each cohort's stay with a worker. */

import type { Purpose } from "../../../api/types";
import type { LiveTrial } from "../../../state/fold";

export interface Stay {
  workerId: string;
  cohortId: string;
  purpose: Purpose;
  attempt: number;
  /** In milliseconds since 1970. */
  start: number;
  end: number;
  trials: number;
}

/** Of the last attempt of each trial, which is all that a trial knows; `now` ends what still runs. */
export function staysOf(trials: Iterable<LiveTrial>, now: number): Stay[] {
  const stays = new Map<string, Stay>();
  for (const trial of trials) {
    if (trial.started_at === null || trial.worker_id === "") continue;
    const start = Date.parse(trial.started_at);
    const end = trial.ended_at === null ? now : Date.parse(trial.ended_at);
    const key = [trial.worker_id, trial.cohort_id, trial.attempt].join(" ");
    const stay = stays.get(key);
    if (stay) {
      stay.start = Math.min(stay.start, start);
      stay.end = Math.max(stay.end, end);
      stay.trials += 1;
    } else {
      stays.set(key, {
        workerId: trial.worker_id,
        cohortId: trial.cohort_id,
        purpose: trial.purpose,
        attempt: trial.attempt,
        start,
        end,
        trials: 1,
      });
    }
  }
  return [...stays.values()].sort((a, b) => a.start - b.start);
}
