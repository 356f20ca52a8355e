/** The hyperparameters of a study as axes. */

import { fieldWords } from "../format/design_words";
import { fieldValue } from "../state/conditions";
import type { LiveTrial } from "../state/fold";

export interface Field {
  field: string;
  label: string;
  /** Sorted; null: numbers on a continuous axis. */
  categories: readonly string[] | null;
  isLog: boolean;
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
  if (numbers.length > 0) {
    const [low, high] = extent(numbers);
    if (low === high) return null;
    return { field, label, categories: null, isLog: low > 0 && high > WIDE * low };
  }
  const texts = new Set(values.filter((value): value is string => typeof value === "string"));
  if (texts.size === 0) return null;
  return { field, label, categories: [...texts].sort(), isLog: false };
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
  const number = Number(value);
  return axis.isLog ? Math.log10(number) : number;
}
