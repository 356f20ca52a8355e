/** What a target column would mean, before the server is asked; the server has the last word. */

import type { Column, Dataset, Task } from "../api/types";

// As in the kernel's `infer_task`: more distinct numbers than this are a quantity.
const MOST_NUMERIC_CLASSES = 20;

export function inferTask(dataset: Dataset, target: string): Task {
  if (target === dataset.suggested_target) return dataset.suggested_task;
  const column = dataset.columns.find((each) => each.name === target);
  const isNumber = column?.kind === "number" || column?.kind === "constant";
  // Of ids and dates the server takes none for a quantity unless it is told to.
  if (!isNumber || column.minimum === null) return "classification";
  const few = column.integers && column.distinct <= MOST_NUMERIC_CLASSES;
  return few ? "classification" : "regression";
}

export interface ClassShare {
  label: string;
  count: number;
  /** Stands for all the classes that are not listed. */
  rest: boolean;
}

/** The most frequent classes, and the rest as one. */
export function classBalance(column: Column, rows: number, most = 10): ClassShare[] {
  const shown = column.top.slice(0, most).map((each) => ({
    label: each.value,
    count: each.count,
    rest: false,
  }));
  const counted = shown.reduce((sum, each) => sum + each.count, 0);
  const left = rows - column.missing - counted;
  const others = column.distinct - shown.length;
  if (left > 0 && others > 0) {
    shown.push({ label: `${others} more`, count: left, rest: true });
  }
  return shown;
}
