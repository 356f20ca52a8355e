/** Who trained a trial, when, and how often it was begun. */

import type { LiveTrial } from "../../../state/fold";
import { counted } from "../../../format/numbers";
import { timeOfDay } from "../../../format/time";

export function attemptWords(trial: LiveTrial): string {
  const { attempt, worker_id: worker, started_at: started, ended_at: ended } = trial;
  if (started === null) return "It waits for a worker";
  const place = worker === "" ? "" : ` by ${worker}`;
  const verb = ended === null ? "In training" : "Trained";
  const since = timeOfDay(Date.parse(started));
  const until = ended === null ? "" : timeOfDay(Date.parse(ended));
  const span = until === since ? `at ${since}` : `from ${since} to ${until}`;
  const time = ended === null ? `since ${since}` : span;
  // An attempt is given up when its worker is lost, or hands its work back.
  const before = attempt > 1 ? `; ${counted(attempt - 1, "attempt")} before it came to nothing` : "";
  return `${verb}${place} ${time}${before}`;
}
