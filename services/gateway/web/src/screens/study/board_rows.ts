/** Trials as rows of the leaderboard. */

import type { Metric } from "../../api/types";
import { scoreColor, scoreRange } from "../../charts/score_scale";
import { isEndedTrial } from "../../format/words";
import { compareStanding } from "../../state/fold";
import type { LiveTrial, StudyView } from "../../state/fold";

export interface BoardRow {
  trial: LiveTrial;
  metric: Metric;
  /** Among the trials that succeeded, from 1; null for all others. */
  rank: number | null;
  /** Recorded at the end, or the best so far. */
  score: number | null;
  epochs: number;
  /** Of training; null until the first epoch. */
  seconds: number | null;
  /** The score's color on the charts, as a CSS color. */
  color: string | null;
}

/** In the order of standing, so that equals keep it whatever the table is sorted by. */
export function boardRows(view: StudyView): BoardRow[] {
  const trials = [...view.trials.values()].sort(
    (a, b) =>
      (scoreOf(b) ?? -Infinity) - (scoreOf(a) ?? -Infinity) ||
      Number(b.state === "SUCCEEDED") - Number(a.state === "SUCCEEDED") ||
      compareStanding(a, b),
  );
  const range = scoreRange(trials.map(scoreOf));
  let rank = 0;
  return trials.map((trial) => {
    const ranked = trial.state === "SUCCEEDED" && trial.score_val !== null;
    const score = scoreOf(trial);
    return {
      trial,
      metric: view.study.metric,
      rank: ranked ? ++rank : null,
      score,
      epochs: trial.live && !isEndedTrial(trial.state) ? trial.live.epoch : trial.epochs,
      seconds: trial.fit_time_seconds ?? trial.live?.elapsed_seconds ?? null,
      color: score === null ? null : scoreColor(score, range),
    };
  });
}

function scoreOf(trial: LiveTrial): number | null {
  return trial.score_val ?? trial.live_score;
}
