/** The hyperparameters of a study as axes. */

import { fieldWords } from "../format/design_words";
import { fieldValue } from "../state/conditions";
import type { LiveTrial } from "../state/fold";
import { ticks } from "./interval_scale";
import { tickWords } from "./log_axis";

export interface Field {
  field: string;
  label: string;
  /** Sorted; null: numbers on a continuous axis. */
  categories: readonly string[] | null;
  isLog: boolean;
  /** Where 0 stands on a logarithmic axis, a step below the other values; null: none is 0. */
  zeroAt: number | null;
  /** Places that are labelled. */
  ticks: readonly { at: number; words: string }[];
}

const DESIGN_FIELDS = [
  "n_layers", "hidden", "learning_rate", "activation", "norm", "dropout", "residual", "optimizer",
  "weight_decay", "batch_size", "momentum", "schedule", "warmup_epochs", "class_weight", "recipe",
  "missing_indicators", "group_rare",
] as const;

// More categories than this can't be told apart on an axis.
const MOST_CATEGORIES = 12;
// Values that differ by more than this need a logarithm to be seen.
const WIDE = 30;
// Shares: what is next to 0 is no different from it.
const LINEAR: ReadonlySet<string> = new Set(["dropout", "momentum", "score_val"]);
const MOST_TICKS = 8;

/** Those in which the trials differ. */
export function variedFields(trials: readonly LiveTrial[]): Field[] {
  return DESIGN_FIELDS.flatMap((field) => {
    const axis = fieldOf(trials, field, fieldWords(field === "n_layers" ? "layers" : field));
    const varied = axis !== null && (axis.categories?.length ?? 2) > 1;
    return varied && (axis.categories?.length ?? 0) <= MOST_CATEGORIES ? [axis] : [];
  });
}

/** Null where all trials have one number, or none a value. */
export function fieldOf(
  trials: readonly LiveTrial[],
  field: string,
  label: string,
): Field | null {
  const values = trials.map((trial) => fieldValue(trial, field));
  const numbers = values.filter((value): value is number => typeof value === "number");
  if (numbers.length > 0) return numberField(numbers, field, label);
  const texts = new Set(values.filter((value): value is string => typeof value === "string"));
  if (texts.size === 0) return null;
  const categories = [...texts].sort();
  const marks = categories.map((words, at) => ({ at, words }));
  return { field, label, categories, isLog: false, zeroAt: null, ticks: marks };
}

function numberField(numbers: readonly number[], field: string, label: string): Field | null {
  const [low, high] = extent(numbers);
  if (low === high) return null;
  const [least] = extent(numbers.filter((value) => value > 0));
  const isLog = !LINEAR.has(field) && low >= 0 && high > WIDE * least;
  const zeroAt = isLog && low === 0 ? Math.ceil(Math.log10(least)) - 1.5 : null;
  const axis = { field, label, categories: null, isLog, zeroAt, ticks: [] };
  return { ...axis, ticks: numberTicks(numbers, axis) };
}

/** At each value where they are few, else at round ones. */
function numberTicks(numbers: readonly number[], axis: Field): Field["ticks"] {
  const different = new Set<number>();
  for (const value of numbers) {
    different.add(value);
    if (different.size > MOST_TICKS) break;
  }
  const isFew = different.size <= MOST_TICKS && !axis.isLog;
  const values = isFew ? [...different].sort((a, b) => a - b) : roundValues(numbers, axis);
  return values.map((value) => ({ at: placeOf(value, axis), words: tickWords(value) }));
}

function roundValues(numbers: readonly number[], { isLog, zeroAt }: Field): number[] {
  if (!isLog) {
    const [low, high] = extent(numbers);
    return ticks({ low, high }, MOST_TICKS - 2);
  }
  const [low, high] = extent(numbers.filter((value) => value > 0));
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const powers = Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
  return [...(zeroAt === null ? [] : [0]), ...powers.map((power) => Number(`1e${power}`))];
}

// A spread of ten thousands of arguments would overflow the stack.
export function extent(numbers: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of numbers) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** Where a trial stands on the axis: its number, its logarithm, or its category's index. */
export function position(trial: LiveTrial, axis: Field): number | null {
  const value = fieldValue(trial, axis.field);
  if (value === null) return null;
  if (axis.categories) return axis.categories.indexOf(String(value));
  return placeOf(Number(value), axis);
}

type Numbers = Pick<Field, "isLog" | "zeroAt">;

/** Where a number stands. */
export function placeOf(value: number, { isLog, zeroAt }: Numbers): number {
  if (!isLog) return value;
  return value === 0 && zeroAt !== null ? zeroAt : Math.log10(value);
}

/** The number that stands at a place; between 0 and the next one, that is one of both. */
export function valueAt(place: number, { isLog, zeroAt }: Numbers): number {
  if (!isLog) return place;
  return zeroAt !== null && place < zeroAt + 0.25 ? 0 : 10 ** place;
}

/** As Plotly takes them. */
export function tickTexts({ ticks: marks }: Field): { tickvals: number[]; ticktext: string[] } {
  return { tickvals: marks.map(({ at }) => at), ticktext: marks.map(({ words }) => words) };
}
