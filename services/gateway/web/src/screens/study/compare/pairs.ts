/** What the verdict says of the trials that are compared, pair by pair. */

import type { Comparison, Verdict } from "../../../api/verdict";
import type { LiveTrial } from "../../../state/fold";

export interface Pairs {
  /** Those of which the verdict has a sentence. */
  known: readonly Comparison[];
  /** Numbers of the trials that were not trained again on other splits. */
  once: readonly number[];
  /** How many of the trials were, so that pairs among them could have been compared. */
  finalists: number;
}

export function pairsOf(verdict: Verdict | null, trials: readonly LiveTrial[]): Pairs {
  const names = new Map<number, string>();
  for (const { trial, name, repeats } of verdict?.contenders ?? []) {
    if (trial !== null && repeats > 0) names.set(trial, name);
  }
  const chosen = new Set(trials.flatMap(({ number }) => names.get(number) ?? []));
  const all = [...(verdict?.rivals ?? []), ...(verdict?.baselines ?? [])];
  return {
    known: all.filter(({ first, second }) => chosen.has(first) && chosen.has(second)),
    once: trials.map(({ number }) => number).filter((number) => !names.has(number)),
    finalists: chosen.size,
  };
}
