/** What is selected of a study: one selection for all plots and tables, kept in the address.
 *
 * `?where=score_val>=0.9&where=activation=relu,gelu` are brushes, `?pick=3,17` trials to compare.
 */

import { computed, signal } from "@preact/signals";
import { changedQuery, listOf, query, setQuery } from "../router";
import { readConditions, writeConditions } from "./conditions";
import type { Brush } from "./conditions";

export { fieldValue, hasValues, matches } from "./conditions";
export type { Brush, RangeBrush, ValuesBrush } from "./conditions";

/** So many lines and columns can be told apart. */
export const MOST_PICKED = 6;

/** As it stands in the address; what the server takes as `where`, too. */
export const conditions = computed<readonly string[]>(() => query.value.getAll("where"));

export const brushes = computed<readonly Brush[]>(() => readConditions(conditions.value));

/** Numbers of trials to compare, in the order in which they were picked. */
export const picked = computed<readonly number[]>(() => readPicked(query.value.get("pick")));

/** The trial under the pointer, on whichever plot or table it is. */
export const hovered = signal<number | null>(null);

export function readPicked(text: string | null): number[] {
  const numbers = listOf(text)
    .filter((each) => /^[1-9]\d{0,8}$/.test(each))
    .map(Number);
  return [...new Set(numbers)].slice(0, MOST_PICKED);
}

/** In place of the field's other brushes. */
export function setBrush(brush: Brush): void {
  setBrushes([...brushes.peek().filter(({ field }) => field !== brush.field), brush]);
}

export function clearBrush(field: string): void {
  setBrushes(brushes.peek().filter((brush) => brush.field !== field));
}

/** In place of all brushes. */
export function setBrushes(next: readonly Brush[]): void {
  // Brushing is no step that one would go back from.
  setQuery({ where: writeConditions(next) }, { replace: true });
}

/** False: six are picked, and this would be one more. */
export function togglePick(number: number): boolean {
  const before = picked.peek();
  const isPicked = before.includes(number);
  if (!isPicked && before.length >= MOST_PICKED) return false;
  setPicked(isPicked ? before.filter((each) => each !== number) : [...before, number]);
  return true;
}

export function setPicked(numbers: readonly number[]): void {
  const kept = readPicked(numbers.join(","));
  setQuery({ pick: kept.length > 0 ? kept.join(",") : null }, { replace: true });
}

export function clearSelection(): void {
  setQuery({ where: null, pick: null }, { replace: true });
}

/** The selection as the query of a link (with its `?`), for tabs and trials of the same study. */
export const selectionQuery = computed(() => {
  const pick = picked.value.join(",");
  return changedQuery("", { where: conditions.value, pick: pick === "" ? null : pick });
});
