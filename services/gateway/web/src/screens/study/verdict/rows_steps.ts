/** The learning curve's steps as one line for each contender. */

import type { CurveStep } from "../../../api/verdict";

export interface RowsLine {
  name: string;
  /** Fewest rows first. */
  steps: CurveStep[];
}

/** In the order in which the server names them: the winner first. Too few steps make no line. */
export function rowsLines(steps: readonly CurveStep[]): RowsLine[] {
  const lines = new Map<string, CurveStep[]>();
  for (const step of steps) {
    lines.set(step.name, [...(lines.get(step.name) ?? []), step]);
  }
  return [...lines.entries()]
    .map(([name, line]) => ({ name, steps: line.sort((a, b) => a.share - b.share) }))
    .filter((line) => line.steps.length > 1);
}

/** Labels at the lines' ends, moved apart so that none covers another; in the order given. */
export function spread(places: readonly number[], gap: number, low: number, high: number): number[] {
  const order = places.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at);
  let last = -Infinity;
  for (const each of order) last = each.at = Math.max(each.at, last + gap, low);
  let next = high;
  for (const each of order.reverse()) {
    each.at = Math.min(each.at, next);
    next = each.at - gap;
  }
  const moved = [...places];
  for (const { at, index } of order) moved[index] = at;
  return moved;
}
