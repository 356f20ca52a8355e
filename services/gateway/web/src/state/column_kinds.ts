/** Which columns are listed, and what becomes of a draft when their kinds change. */

import type { Column, ColumnKind, Dataset } from "../api/types";
import type { Draft } from "./draft";

/** Kinds as the user sees them: the target is a column's kind, too. */
export type ShownKind = ColumnKind | "target";

export const COLUMN_KINDS: readonly ColumnKind[] = [
  "number",
  "category",
  "date",
  "text",
  "id",
  "constant",
  "ignore",
];

export interface ColumnFilter {
  /** A part of the name; capital letters are as small ones. */
  name: string;
  /** Empty: any. `changed`: by the user. `warned`: with a warning. */
  kind: ShownKind | "changed" | "warned" | "";
}

export function shownKind(column: Column, draft: Draft): ShownKind {
  if (column.name === draft.target) return "target";
  return ownKind(column, draft) ?? column.kind;
}

/** The user's; undefined: it was left as inferred. */
function ownKind({ name }: Column, { kinds }: Draft): ColumnKind | undefined {
  // A column may be called `constructor`, which every object has.
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

export function filterColumns(dataset: Dataset, draft: Draft, filter: ColumnFilter): Column[] {
  const part = filter.name.trim().toLowerCase();
  const warned = new Set(dataset.warnings.map((each) => each.column));
  return dataset.columns.filter((column) => {
    if (part !== "" && !column.name.toLowerCase().includes(part)) return false;
    if (filter.kind === "") return true;
    if (filter.kind === "warned") return warned.has(column.name);
    if (filter.kind === "changed") return isChanged(column, draft);
    return shownKind(column, draft) === filter.kind;
  });
}

export function isChanged(column: Column, draft: Draft): boolean {
  const kind = ownKind(column, draft);
  return column.name !== draft.target && kind !== undefined && kind !== column.kind;
}

/** What a kind of the user's choice makes of a column; null: nothing that isn't plain. */
export function kindCaution(column: Column, draft: Draft): string | null {
  if (!isChanged(column, draft)) return null;
  const kind = shownKind(column, draft);
  if (kind === "number" && column.minimum === null) {
    return "What is no plain number, such as 12 or 0.5, counts as missing.";
  }
  return kind === "date" ? "What is no date counts as missing." : null;
}

/** One kind for all of `columns` but the target; null: what was inferred of each. */
export function withKinds(
  draft: Draft,
  columns: readonly Column[],
  kind: ColumnKind | null,
): Pick<Draft, "kinds"> {
  // No plain object, in which a column called `__proto__` would be lost.
  const kinds = new Map(Object.entries(draft.kinds));
  for (const column of columns) {
    if (column.name === draft.target) continue;
    if (kind === null || kind === column.kind) kinds.delete(column.name);
    else kinds.set(column.name, kind);
  }
  return { kinds: Object.fromEntries(kinds) };
}

/** What choosing `kind` for one column changes: the target moves, or is left to be chosen. */
export function withKind(draft: Draft, column: Column, kind: ShownKind): Partial<Draft> {
  if (kind === "target") return { target: column.name, task: "" };
  const isTarget = column.name === draft.target;
  const untargeted = isTarget ? { ...draft, target: "" } : draft;
  return {
    ...withKinds(untargeted, [column], kind),
    ...(isTarget && { target: "", task: "" as const }),
  };
}
