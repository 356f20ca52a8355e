/** Trials as rows of the leaderboard. */

import type { Metric, Purpose } from "../../../api/types";
import { scoreRange } from "../../../charts/score_scale";
import type { ScoreRange } from "../../../charts/score_scale";
import { utility } from "../../../format/metric";
import { isEndedTrial } from "../../../format/words";
import { compareStanding } from "../../../state/fold";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { matches } from "../../../state/selection";
import type { Brush } from "../../../state/selection";
import type { PurposeFilter } from "./board_query";

export interface BoardRow {
  trial: LiveTrial;
  metric: Metric;
  /** Among the search's trials that succeeded, from 1; null for all others. */
  rank: number | null;
  /** Recorded at the end, or the best so far. */
  score: number | null;
  /** Orders rows by score, best first when descending, whatever the metric. */
  utility: number | null;
  epochs: number;
  /** Of training; null until the first epoch. */
  seconds: number | null;
  /** That colors go by. */
  range: ScoreRange;
}

/** In the order of standing, so that equals keep it whatever the table is sorted by. */
export function boardRows(
  view: StudyView,
  filter: PurposeFilter = "search",
  brushes: readonly Brush[] = [],
): BoardRow[] {
  const { metric } = view.study;
  const placed = [...view.trials.values()]
    .filter((trial) => filter === "all" || trial.purpose === filter)
    .filter((trial) => matches(trial, brushes))
    .map((trial) => ({ trial, height: utilityOf(trial, metric) }))
    .sort(
      (a, b) =>
        compareHeights(a.height, b.height) ||
        Number(b.trial.state === "SUCCEEDED") - Number(a.trial.state === "SUCCEEDED") ||
        compareStanding(a.trial, b.trial, metric),
    );
  const range = scoreRange(placed.map(({ height }) => height));
  let rank = 0;
  return placed.map(({ trial, height }) => {
    const ranked =
      trial.purpose === "search" && trial.state === "SUCCEEDED" && trial.score_val !== null;
    return {
      trial,
      metric,
      rank: ranked ? ++rank : null,
      score: scoreOf(trial),
      utility: height,
      epochs: trial.live && !isEndedTrial(trial.state) ? trial.live.epoch : trial.epochs,
      seconds: trial.fit_time_seconds ?? trial.live?.elapsed_seconds ?? null,
      range,
    };
  });
}

/** The higher first, and what has none last. */
function compareHeights(a: number | null, b: number | null): number {
  return (b ?? -Infinity) - (a ?? -Infinity) || 0;
}

/** How many trials there are of each purpose, in the order in which a study comes to them. */
export function countPurposes(view: StudyView): { purpose: Purpose; trials: number }[] {
  const counts = new Map<Purpose, number>();
  for (const { purpose } of view.trials.values()) {
    counts.set(purpose, (counts.get(purpose) ?? 0) + 1);
  }
  return PURPOSES.flatMap((purpose) => {
    const trials = counts.get(purpose) ?? 0;
    return trials > 0 ? [{ purpose, trials }] : [];
  });
}

// `test` trains nothing, so no trial is of it.
const PURPOSES: readonly Purpose[] = ["search", "baseline", "confirm", "ablation", "rows"];

function scoreOf(trial: LiveTrial): number | null {
  return trial.score_val ?? trial.live_score;
}

function utilityOf(trial: LiveTrial, metric: Metric): number | null {
  const score = scoreOf(trial);
  return score === null ? null : utility(score, metric);
}
