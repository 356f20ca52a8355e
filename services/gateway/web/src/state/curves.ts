/** Learning curves of some trials, as a panel shows them. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { returns } from "../api/connection";
import type { CurvePoint } from "../api/types";
import { compareScores, compareStanding, isOfSearch } from "./fold";
import type { LiveTrial, StudyView } from "./fold";
import { LiveCurves, versionOf } from "./live_curves";

export interface Curve {
  trial: LiveTrial;
  points: readonly CurvePoint[];
}

const TOP = 6;
// More than a panel has room for.
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

/** What is known of some trials' curves; they grow while the trials train. */
export function useCurves(
  studyId: string,
  trials: readonly LiveTrial[],
  most = MOST_POINTS,
): { curves: Curve[]; error: unknown } {
  const [{ error }, setAnswer] = useState<{ error: unknown }>({ error: null });
  const known = useMemo(
    () => new LiveCurves(studyId, most, (problem) => setAnswer({ error: problem })),
    [studyId, most],
  );
  useEffect(known.listen, [known]);
  const wanted = trials.map((trial) => `${trial.number}:${versionOf(trial)}`).join(" ");
  useEffect(() => known.watch(trials), [wanted, known, returns.value]);
  const curves = trials.flatMap((trial) => {
    const points = known.points(trial.number);
    return points.length > 0 ? [{ trial, points }] : [];
  });
  return { curves, error };
}
