/** A box on a chart as conditions on the fields of its axes. */

import type { Brush } from "../state/conditions";
import { valueAt } from "./fields";
import type { Field } from "./fields";

type Axis = Pick<Field, "field" | "categories" | "isLog" | "zeroAt">;

/** Of the values between two places of an axis; null: none is, or all are. */
export function axisBrush(
  axis: Axis,
  ends: readonly [number, number],
): Brush | null {
  const { field, categories } = axis;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  if (categories) {
    const values = categories.filter((_, place) => low <= place && place <= high);
    return values.length === 0 || values.length === categories.length ? null : { field, values };
  }
  const value = (end: number): number => Number(valueAt(end, axis).toPrecision(4));
  return { field, low: value(low), high: value(high) };
}

/** Of an axis of numbers as they are, logarithmic or not. */
export function plainBrush(field: string, ends: readonly [number, number]): Brush | null {
  return axisBrush({ field, categories: null, isLog: false, zeroAt: null }, ends);
}

/** What a box says takes the place of what was said of the same fields. */
export function withBrushes(before: readonly Brush[], box: readonly (Brush | null)[]): Brush[] {
  const added = box.filter((each) => each !== null);
  const fields = new Set(added.map(({ field }) => field));
  return [...before.filter(({ field }) => !fields.has(field)), ...added];
}
