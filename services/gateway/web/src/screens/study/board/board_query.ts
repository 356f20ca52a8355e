/** How the leaderboard is looked at, as the address has it: `?sort=-score_val&columns=…&for=all`. */

import type { Purpose } from "../../../api/types";
import { listOf } from "../../../router";

export interface Sorting {
  id: string;
  desc: boolean;
}

const BEST_FIRST: Sorting = { id: "score_val", desc: true };

/** The best first, where the address says nothing that is a column. */
export function readSorting(text: string | null, known: readonly string[]): Sorting {
  const desc = text?.startsWith("-") ?? false;
  const id = desc ? (text ?? "").slice(1) : (text ?? "");
  return known.includes(id) ? { id, desc } : BEST_FIRST;
}

/** Null: as it is without being asked. */
export function writeSorting({ id, desc }: Sorting): string | null {
  if (id === BEST_FIRST.id && desc === BEST_FIRST.desc) return null;
  return `${desc ? "-" : ""}${id}`;
}

/** The same column turns around; another one begins with its best, of scores, or its smallest. */
export function nextSorting(now: Sorting, id: string): Sorting {
  if (now.id === id) return { id, desc: !now.desc };
  return { id, desc: id.startsWith("score_") };
}

/** In the order of `known`, whatever the address's is. */
export function readColumns(
  text: string | null,
  known: readonly string[],
  usual: readonly string[],
): string[] {
  const asked = listOf(text).filter((id) => known.includes(id));
  const shown = asked.length > 0 ? asked : usual;
  return known.filter((id) => shown.includes(id));
}

/** Null: the usual ones. */
export function writeColumns(shown: readonly string[], usual: readonly string[]): string | null {
  const isUsual = shown.length === usual.length && shown.every((id) => usual.includes(id));
  return isUsual || shown.length === 0 ? null : shown.join(",");
}

export type PurposeFilter = Purpose | "all";

const PURPOSES: readonly PurposeFilter[] = ["baseline", "confirm", "ablation", "rows", "all"];

export function readPurpose(text: string | null): PurposeFilter {
  return PURPOSES.find((each) => each === text) ?? "search";
}
