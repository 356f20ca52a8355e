/** What trials can be filtered by, and how: by a range, or by some of a few values. */

import { extent } from "../../../charts/fields";
import type { LiveTrial } from "../../../state/fold";
import type { fieldValue } from "../../../state/selection";

export interface FilterField {
  field: string;
  /** Sorted; null: numbers, of which a range is chosen. */
  values: readonly string[] | null;
  low: number;
  high: number;
}

const FIELDS = [
  "score_val", "hidden", "n_layers", "n_params", "state", "fit_time_seconds", "epochs",
  "learning_rate", "activation", "norm", "dropout", "residual", "optimizer", "weight_decay",
  "batch_size", "momentum", "schedule", "warmup_epochs", "class_weight", "recipe",
  "missing_indicators", "group_rare", "val_loss", "score_test", "worker_id", "attempt",
] as const;

/** Those in which trials differ; `read` is `fieldValue`. */
export function filterFields(
  trials: readonly LiveTrial[],
  read: typeof fieldValue,
): FilterField[] {
  return FIELDS.flatMap((field): FilterField[] => {
    const values = trials.map((trial) => read(trial, field)).filter((value) => value !== null);
    const numbers = values.filter((value) => typeof value === "number");
    if (numbers.length > 0) {
      const [low, high] = extent(numbers);
      return low < high ? [{ field, values: null, low: short(low), high: short(high) }] : [];
    }
    const texts = [...new Set(values.map(String))].sort();
    return texts.length > 1 ? [{ field, values: texts, low: 0, high: 0 }] : [];
  });
}

function short(value: number): number {
  return Number(value.toPrecision(3));
}
