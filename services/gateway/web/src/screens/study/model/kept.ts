/** Which designs of a study one would take away, and which of them the server keeps weights of. */

import type { LiveTrial, StudyView } from "../../../state/fold";
import { compareStanding, isOfSearch } from "../../../state/fold";
import { isEndedStudy } from "../../../format/words";

export interface Chosen {
  trial: LiveTrial;
  /** Why it is one to look at. */
  role: "winner" | "smallest" | "best so far" | "both";
}

/** The winner and the smallest good design, as the verdict or the search has them so far. */
export function chosenOf(view: StudyView): Chosen[] {
  const winner = winnerOf(view);
  if (!winner) return [];
  const isSure = view.verdict?.is_final === true || isEndedStudy(view.study.state);
  const smallest = namedOf(view, view.verdict?.smallest ?? null);
  if (!smallest) return [{ trial: winner, role: isSure ? "winner" : "best so far" }];
  if (smallest.number === winner.number) {
    return [{ trial: winner, role: isSure ? "both" : "best so far" }];
  }
  return [
    { trial: winner, role: isSure ? "winner" : "best so far" },
    { trial: smallest, role: "smallest" },
  ];
}

/** The verdict's, or the one that was tested, or the best so far. */
export function winnerOf(view: StudyView): LiveTrial | undefined {
  const named = namedOf(view, view.verdict?.winner ?? null);
  if (named) return named;
  const trials = [...view.trials.values()];
  const tested = trials.find((trial) => isOfSearch(trial) && trial.score_test !== null);
  const best = view.study.best?.number;
  return tested ?? (best === undefined ? undefined : view.trials.get(best));
}

/** A verdict speaks of designs by name; each has the search's trial that it comes from. */
function namedOf({ verdict, trials }: StudyView, name: string | null): LiveTrial | undefined {
  const number = verdict?.contenders.find((each) => each.name === name)?.trial;
  return typeof number === "number" ? trials.get(number) : undefined;
}

/** Trials whose weights the server keeps, better ones first. */
export function keptOf({ trials, study }: StudyView): LiveTrial[] {
  return [...trials.values()]
    .filter((trial) => trial.has_model)
    .sort((a, b) => compareStanding(a, b, study.metric));
}
