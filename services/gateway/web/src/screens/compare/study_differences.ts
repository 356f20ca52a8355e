/** What studies were asked for, where they differ. */

import type { Study } from "../../api/types";

const ASKED = [
  ["Data", "dataset_name"],
  ["Target", "target"],
  ["Task", "task"],
  ["Metric", "metric"],
  ["Preset", "preset"],
  ["Space", "space"],
  ["Search", "search"],
  ["Preparation", "recipe"],
  ["Engine", "engine"],
  ["Seed", "seed"],
  ["Kinds of columns", "column_kinds"],
  ["Budget", "budget"],
  ["Halving", "halving"],
  ["Split", "split"],
  ["Constraints", "constraints"],
  ["Own designs", "designs"],
  ["Verdict", "verdict"],
] as const satisfies readonly (readonly [string, keyof Study])[];

/** A row a field, a cell a study; fields that all have alike are left out. */
export function askedDifferently(studies: readonly Study[]): [string, string[]][] {
  return ASKED.map(([name, field]): [string, string[]] => [
    name,
    studies.map((study) => words(study[field])),
  ]).filter(([, cells]) => new Set(cells).size > 1);
}

function words(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(words).join(", ");
  if (typeof value === "object") {
    const parts = Object.entries(value).filter(([, each]) => each !== null);
    return parts.map(([name, each]) => `${name} ${words(each)}`).join(" · ") || "–";
  }
  return String(value);
}
