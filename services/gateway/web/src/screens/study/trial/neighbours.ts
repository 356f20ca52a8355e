/** The trials of the search that stand next to one, in the order of the leaderboard. */

import { compareStanding, isOfSearch } from "../../../state/fold";
import type { LiveTrial, StudyView } from "../../../state/fold";

export interface Neighbours {
  /** The one that is a little better; null: there is none, or the trial has no place. */
  before: LiveTrial | null;
  after: LiveTrial | null;
}

export function neighbours({ study, trials }: StudyView, trial: LiveTrial): Neighbours {
  let before: LiveTrial | null = null;
  let after: LiveTrial | null = null;
  if (!hasPlace(trial)) return { before, after };
  for (const each of trials.values()) {
    if (!hasPlace(each) || each.number === trial.number) continue;
    const isBetter = compareStanding(each, trial, study.metric) < 0;
    if (isBetter && (!before || compareStanding(each, before, study.metric) > 0)) before = each;
    if (!isBetter && (!after || compareStanding(each, after, study.metric) < 0)) after = each;
  }
  return { before, after };
}

function hasPlace(trial: LiveTrial): boolean {
  return isOfSearch(trial) && trial.state === "SUCCEEDED" && trial.score_val !== null;
}
