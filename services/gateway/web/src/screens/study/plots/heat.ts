/** The score over two hyperparameters at once: cells of a grid, each with the trials in it. */

import { extent, position, valueAt } from "../../../charts/fields";
import type { Field } from "../../../charts/fields";
import { utility } from "../../../format/metric";
import type { Metric } from "../../../api/types";
import type { LiveTrial } from "../../../state/fold";

export interface HeatAxis {
  /** The middle of each bin, where `position` puts trials. */
  centers: readonly number[];
  labels: readonly string[];
  binOf: (trial: LiveTrial) => number | null;
}

export interface Heat {
  x: HeatAxis;
  y: HeatAxis;
  /** `[y][x]`: the mean score of the trials in the cell; null: there are none. */
  means: (number | null)[][];
  /** `[y][x]`: how many there are. */
  counts: number[][];
}

const MOST_BINS = 8;

/** A bin a category, or a few equal steps of a number (of its logarithm, where it is wide). */
export function heatAxis(trials: readonly LiveTrial[], field: Field): HeatAxis {
  if (field.categories) {
    return {
      centers: field.categories.map((_, place) => place),
      labels: field.categories,
      binOf: (trial) => position(trial, field),
    };
  }
  const places = trials.flatMap((trial) => position(trial, field) ?? []);
  const values = [...new Set(places)].sort((a, b) => a - b);
  if (values.length <= MOST_BINS) {
    return {
      centers: values,
      labels: values.map((value) => valueWords(value, field)),
      binOf: (trial) => indexOf(values, position(trial, field)),
    };
  }
  const [low, high] = extent(places);
  const step = (high - low) / MOST_BINS;
  const centers = Array.from({ length: MOST_BINS }, (_, bin) => low + (bin + 0.5) * step);
  return {
    centers,
    labels: centers.map((center) => valueWords(center, field)),
    binOf: (trial) => {
      const place = position(trial, field);
      return place === null ? null : Math.min(MOST_BINS - 1, Math.floor((place - low) / step));
    },
  };
}

export function heatOf(
  trials: readonly LiveTrial[],
  xField: Field,
  yField: Field,
  metric: Metric,
): Heat {
  const [x, y] = [heatAxis(trials, xField), heatAxis(trials, yField)];
  const grid = (): number[][] => y.centers.map(() => x.centers.map(() => 0));
  const [sums, counts] = [grid(), grid()];
  for (const trial of trials) {
    const [column, row] = [x.binOf(trial), y.binOf(trial)];
    if (column === null || row === null || trial.score_val === null) continue;
    const [ofSums, ofCounts] = [sums[row], counts[row]];
    if (!ofSums || !ofCounts) continue;
    // One diverged design must not hide what its neighbours reach.
    ofSums[column] = (ofSums[column] ?? 0) + utility(trial.score_val, metric);
    ofCounts[column] = (ofCounts[column] ?? 0) + 1;
  }
  const means = sums.map((row, place) =>
    row.map((sum, column) => {
      const count = counts[place]?.[column] ?? 0;
      return count > 0 ? utility(sum / count, metric) : null;
    }),
  );
  return { x, y, means, counts };
}

function valueWords(place: number, field: Field): string {
  return String(Number(valueAt(place, field).toPrecision(2)));
}

function indexOf(values: readonly number[], place: number | null): number | null {
  const index = place === null ? -1 : values.indexOf(place);
  return index < 0 ? null : index;
}
