/** Conditions on trials as an address and the server write them: `score_val>=0.9`,
 *  `activation=relu,gelu`, `worker_id="a,b"`. */

import type { Trial } from "../api/types";

/** A range, its ends included unless they are open. */
export interface RangeBrush {
  field: string;
  low?: number;
  high?: number;
  lowOpen?: boolean;
  highOpen?: boolean;
}

/** Some values, as text; `not`: all but these. */
export interface ValuesBrush {
  field: string;
  values: readonly string[];
  not?: boolean;
}

export type Brush = RangeBrush | ValuesBrush;

export function hasValues(brush: Brush): brush is ValuesBrush {
  return "values" in brush;
}

const CONDITION = /^\s*([a-z][a-z0-9_]*)\s*(<=|>=|!=|=|<|>)(.*)$/s;

/** One brush for each field (and one more for what is left out of it); what isn't a condition is
 *  skipped. Several ends of one field are one range. */
export function readConditions(conditions: readonly string[]): Brush[] {
  const brushes = new Map<string, Brush>();
  for (const condition of conditions) {
    const [, field = "", operator = "", text = ""] = CONDITION.exec(condition) ?? [];
    if (field === "") continue;
    if (operator === "=" || operator === "!=") {
      const values = readList(text);
      const not = operator === "!=";
      brushes.set(field + operator, not ? { field, values, not } : { field, values });
    } else {
      const bound = Number(text);
      if (text.trim() === "" || !Number.isFinite(bound)) continue;
      const before = brushes.get(`${field}<>`) ?? { field };
      brushes.set(`${field}<>`, { ...before, ...endOf(operator, bound) });
    }
  }
  return [...brushes.values()];
}

function endOf(operator: string, bound: number): Partial<RangeBrush> {
  switch (operator) {
    case ">=":
      return { low: bound, lowOpen: undefined };
    case ">":
      return { low: bound, lowOpen: true };
    case "<=":
      return { high: bound, highOpen: undefined };
    default:
      return { high: bound, highOpen: true };
  }
}

export function writeConditions(brushes: readonly Brush[]): string[] {
  return brushes.flatMap((brush) => {
    const { field } = brush;
    if (hasValues(brush)) {
      if (brush.values.length === 0) return [];
      return [`${field}${brush.not ? "!=" : "="}${brush.values.map(quoted).join(",")}`];
    }
    const ends: string[] = [];
    if (brush.low !== undefined) ends.push(`${field}>${brush.lowOpen ? "" : "="}${brush.low}`);
    if (brush.high !== undefined) ends.push(`${field}<${brush.highOpen ? "" : "="}${brush.high}`);
    return ends;
  });
}

/** As in a CSV: what has a comma, a quote or outer spaces, and what is empty, stands in quotes. */
function quoted(value: string): string {
  const isPlain = value !== "" && value.trim() === value && !/[",]/.test(value);
  return isPlain ? value : `"${value.replaceAll('"', '""')}"`;
}

const ITEM = /\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?:,|$)/gsy;

function readList(text: string): string[] {
  const values: string[] = [];
  ITEM.lastIndex = 0;
  while (ITEM.lastIndex <= text.length) {
    const found = ITEM.exec(text);
    // A quote that doesn't end: the rest is one value, as it stands.
    if (!found) return values;
    const [whole, inQuotes, plain = ""] = found;
    const value = inQuotes?.replaceAll('""', '"') ?? plain.trim();
    if (inQuotes !== undefined || value !== "") values.push(value);
    if (!whole.endsWith(",") || ITEM.lastIndex > text.length) break;
  }
  return values;
}

/** Of the trial or its design; widths as `64-32`; null: it has none (yet). */
export function fieldValue(trial: Trial, field: string): number | string | null {
  if (field === "hidden") return trial.design.hidden.join("-");
  const own = valueAt(trial, field) ?? valueAt(trial.design, field);
  if (own === null || own === undefined || typeof own === "object") return null;
  return typeof own === "number" ? own : String(own);
}

// Looked up by name, but never what an object inherits, such as `constructor`.
function valueAt(record: object, field: string): unknown {
  return Object.hasOwn(record, field) ? (record as Record<string, unknown>)[field] : undefined;
}

/** Whether a trial fulfills all; what it has no value for, it doesn't fulfill. */
export function matches(trial: Trial, brushes: readonly Brush[]): boolean {
  return brushes.every((brush) => fulfills(fieldValue(trial, brush.field), brush));
}

function fulfills(value: number | string | null, brush: Brush): boolean {
  if (hasValues(brush)) {
    const isListed = value !== null && brush.values.some((each) => isSame(value, each));
    return isListed !== (brush.not ?? false);
  }
  if (typeof value !== "number") return false;
  const { low = -Infinity, high = Infinity, lowOpen, highOpen } = brush;
  return (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);
}

// `0.10` in an address is 0.1.
function isSame(value: number | string, text: string): boolean {
  return typeof value === "number" ? text !== "" && value === Number(text) : value === text;
}
