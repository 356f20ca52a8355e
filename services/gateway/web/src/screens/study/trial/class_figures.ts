/** What a confusion matrix says of each class: precision, recall and F1. */

import type { Evaluation } from "../../../api/types";

export interface ClassFigures {
  name: string;
  /** Rows that are of the class. */
  support: number;
  /** Of the rows that were said to be of the class, the share that is; null: none were. */
  precision: number | null;
  /** Of the rows of the class, the share that was found; null: there are none. */
  recall: number | null;
  /** Harmonic mean of both; null where one of them is. */
  f1: number | null;
}

export function classFigures({ classes, confusion, merged }: Evaluation): ClassFigures[] {
  const rows = confusion ?? [];
  return classes.map((_, place) => {
    const right = rows[place]?.[place] ?? 0;
    const support = sum(rows[place] ?? []);
    const said = sum(rows.map((row) => row[place] ?? 0));
    const precision = said > 0 ? right / said : null;
    const recall = support > 0 ? right / support : null;
    return {
      name: className({ classes, merged }, place),
      support,
      precision,
      recall,
      f1: harmonic(precision, recall),
    };
  });
}

/** The last class may stand for many rare ones. */
export function className(
  { classes, merged }: Pick<Evaluation, "classes" | "merged">,
  place: number,
): string {
  const isRest = merged > 0 && place === classes.length - 1;
  return isRest ? `${merged} rarer classes` : (classes[place] ?? "");
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function harmonic(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return null;
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}
