/** The search's trials that have a score. */

import { isOfSearch } from "../../../state/fold";
import type { LiveTrial, StudyView } from "../../../state/fold";

export function scored(view: StudyView): LiveTrial[] {
  return [...view.trials.values()].filter((trial) => isOfSearch(trial) && trial.score_val !== null);
}
