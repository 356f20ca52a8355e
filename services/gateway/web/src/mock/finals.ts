/** The finals of a made-up study: baselines, rounds, ablation, fewer rows, the test. */

import type { TrialMove } from "../api/events";
import type { Baseline, Design, Metric, Purpose } from "../api/types";
import type { Verdict } from "../api/verdict";
import { utility } from "../format/metric";
import { bell } from "./random";
import type { Random } from "./random";
import { mockVerdict } from "./verdict";
import type { MockFinalist } from "./verdict";

/** Where the events go. */
export interface Stage {
  readonly metric: Metric;
  readonly random: Random;
  wait(milliseconds: number): void;
  move(
    number: number,
    from: TrialMove["from"],
    to: TrialMove["to"],
    rest: Partial<TrialMove>,
  ): void;
  reach(verdict: Verdict): void;
  test(number: number, score: number): void;
}

const FINALISTS = 5;
const FOLDS = 5;
const ROUNDS = 3;
const BASELINES: readonly Baseline[] = ["constant", "linear", "trees"];

/** `next`: the number of the first trial after the search's. */
export function playFinals(stage: Stage, searched: readonly MockFinalist[], next: number): void {
  const finalists = [...searched]
    .sort((a, b) => utility(b.score_val, stage.metric) - utility(a.score_val, stage.metric))
    .slice(0, FINALISTS);
  const [winner] = finalists;
  if (!winner) return;
  let number = next;
  const train = (each: MockFinalist, purpose: Purpose, rest: Partial<TrialMove>): void =>
    trainOne(stage, number++, each, purpose, rest);
  stage.reach(mockVerdict(stage.metric, finalists, 0, false));
  for (const baseline of BASELINES) train(winner, "baseline", { baseline, repeat: 0 });
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const finalist of finalists) {
      for (let fold = 1; fold <= FOLDS; fold += 1) {
        train(finalist, "confirm", { repeat: (round - 1) * FOLDS + fold });
      }
    }
    stage.reach(mockVerdict(stage.metric, finalists, round, false));
  }
  for (let repeat = 1; repeat <= FOLDS; repeat += 1) {
    train({ ...winner, design: without(winner.design) }, "ablation", { repeat });
    train(winner, "rows", { repeat, share: 0.5 });
  }
  stage.test(winner.trial, winner.score_val - 0.01);
  stage.reach(mockVerdict(stage.metric, finalists, ROUNDS, true));
}

function without(design: Design): Design {
  return { ...design, norm: "none" };
}

function trainOne(
  stage: Stage,
  number: number,
  { design, n_params, score_val }: MockFinalist,
  purpose: Purpose,
  rest: Partial<TrialMove>,
): void {
  const cohort_id = `${purpose}-${rest.repeat ?? 0}`;
  stage.move(number, null, "PENDING", { design, purpose, seed: number, ...rest });
  stage.move(number, "PENDING", "QUEUED", { cohort_id });
  stage.move(number, "QUEUED", "RUNNING", { cohort_id });
  stage.wait(160);
  stage.move(number, "RUNNING", "SUCCEEDED", {
    stop_reason: "early_stopping",
    score_val: score_val - Math.abs(bell(stage.random)) * 0.02,
    val_loss: 0.2,
    best_epoch: 12,
    epochs: 20,
    fit_time_seconds: 0.4,
    n_params: rest.baseline ? null : n_params,
  });
}
