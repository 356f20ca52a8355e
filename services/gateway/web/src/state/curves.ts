/** Learning curves of some trials: fetched once a trial has ended, and again while it trains. */

import { useEffect, useState } from "preact/hooks";
import { getTrial } from "../api/client";
import type { CurvePoint } from "../api/types";
import { isEndedTrial } from "../format/words";
import { compareScores, compareStanding, isOfSearch } from "./fold";
import type { LiveTrial, StudyView } from "./fold";

export interface Curve {
  trial: LiveTrial;
  points: CurvePoint[];
}

const TOP = 6;
// More than a panel has room for; of thousands of epochs, again and again, it would be megabytes.
const MOST_POINTS = 200;

/** The search's best ended trials, and until there are enough of them, those in training. */
export function topTrials({ study, trials }: StudyView): LiveTrial[] {
  const score = (trial: LiveTrial): number | null => trial.score_val ?? trial.live_score;
  return [...trials.values()]
    .filter((trial) => isOfSearch(trial) && score(trial) !== null)
    .sort(
      (a, b) =>
        compareScores(score(a), score(b), study.metric) || compareStanding(a, b, study.metric),
    )
    .slice(0, TOP);
}

/** What is known of some trials' curves; each call of the server is for a trial that changed. */
export function useCurves(
  studyId: string,
  top: readonly LiveTrial[],
): { curves: Curve[]; error: unknown } {
  const [known, setKnown] = useState<
    ReadonlyMap<number, { version: string; points: CurvePoint[] }>
  >(new Map());
  const [error, setError] = useState<unknown>(null);
  const wanted = top.map((trial) => `${trial.number}:${version(trial)}`).join(" ");
  useEffect(() => {
    let current = true;
    const stale = top.filter((trial) => known.get(trial.number)?.version !== version(trial));
    Promise.all(stale.map((trial) => getTrial(studyId, trial.number, MOST_POINTS))).then(
      (trials) => {
        if (!current || trials.length === 0) return;
        // Of those that are asked for no longer, nothing is kept: over hours they would be many.
        const asked = new Set(top.map(({ number }) => number));
        const next = new Map([...known].filter(([number]) => asked.has(number)));
        trials.forEach((trial, index) => {
          const before = stale[index];
          if (before) next.set(trial.number, { version: version(before), points: trial.curve });
        });
        setKnown(next);
        setError(null);
      },
      (problem: unknown) => {
        if (current) setError(problem);
      },
    );
    return () => {
      current = false;
    };
  }, [wanted, studyId]);
  const curves = top.flatMap((trial) => {
    const points = known.get(trial.number)?.points ?? [];
    return points.length > 0 ? [{ trial, points }] : [];
  });
  return { curves, error };
}

/** Changes when there is more of the trial's curve to fetch. */
function version(trial: LiveTrial): string {
  return isEndedTrial(trial.state) ? "end" : `${trial.attempt}.${trial.live?.epoch ?? 0}`;
}
