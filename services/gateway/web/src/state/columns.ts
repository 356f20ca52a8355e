/** Trials as the server sends many at once: an array a field, a design's fields beside the rest. */

import type { Design, Trial, TrialColumns } from "../api/types";

// A record, so that a field that is missing here doesn't compile.
const OF_DESIGN: Record<keyof Design, true> = {
  hidden: true,
  activation: true,
  norm: true,
  dropout: true,
  residual: true,
  optimizer: true,
  learning_rate: true,
  weight_decay: true,
  batch_size: true,
  momentum: true,
  schedule: true,
  warmup_epochs: true,
  class_weight: true,
  recipe: true,
  missing_indicators: true,
  group_rare: true,
};

/** @throws RangeError where the arrays are not all of one length. */
export function trialsOf({ count, columns }: TrialColumns): Trial[] {
  const fields = Object.entries(columns);
  const uneven = fields.find(([, values]) => values.length !== count);
  if (uneven) throw new RangeError(`${uneven[0]} has ${uneven[1].length} values of ${count}`);
  const ofDesign = fields.filter(([field]) => field in OF_DESIGN);
  const ofTrial = fields.filter(([field]) => !(field in OF_DESIGN));
  return Array.from({ length: count }, (_, row) => {
    const trial: Record<string, unknown> = { design: rowOf(ofDesign, row) };
    return Object.assign(trial, rowOf(ofTrial, row)) as unknown as Trial;
  });
}

function rowOf(fields: readonly [string, unknown[]][], row: number): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [field, column] of fields) values[field] = column[row];
  return values;
}
