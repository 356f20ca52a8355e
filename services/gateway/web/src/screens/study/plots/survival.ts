/** How long designs trained: how many were left after each epoch. */

import { isEndedTrial } from "../../../format/words";
import type { LiveTrial } from "../../../state/fold";

export interface Step {
  /** After so many epochs… */
  epoch: number;
  /** …so many designs went on, or would have if they had not ended by themselves. */
  left: number;
  /** Ended with this epoch: dropped at a rung, and for any other reason. */
  dropped: number;
  ended: number;
}

/** Of trials that have ended, a step for each epoch with which any did. */
export function survivalOf(trials: readonly LiveTrial[]): Step[] {
  const ends = trials.filter((trial) => isEndedTrial(trial.state) && trial.epochs > 0);
  const at = new Map<number, Step>();
  for (const { epochs, state } of ends) {
    const step = at.get(epochs) ?? { epoch: epochs, left: 0, dropped: 0, ended: 0 };
    if (state === "PRUNED") step.dropped += 1;
    else step.ended += 1;
    at.set(epochs, step);
  }
  let left = ends.length;
  const steps = [...at.values()].sort((a, b) => a.epoch - b.epoch);
  for (const step of steps) step.left = left -= step.dropped + step.ended;
  return steps;
}
