/** Parallel coordinates: every varied hyperparameter and the result as one axis each. */

import type { Metric } from "../../../api/types";
import { extent, fieldOf, placeOf, position, tickTexts, valueAt, variedFields } from "../../../charts/fields";
import type { Field } from "../../../charts/fields";
import type { Drawing } from "../../../charts/plot";
import type { Trace } from "../../../charts/plotly";
import type { ChartTheme } from "../../../charts/theme";
import { axisFormat, metricName, utility } from "../../../format/metric";
import { hasValues } from "../../../state/conditions";
import type { Brush } from "../../../state/conditions";
import type { LiveTrial } from "../../../state/fold";

// Side by side there is no room for more.
const SHORT_LABELS: Readonly<Record<string, string>> = {
  residual: "residual",
  schedule: "schedule",
  warmup_epochs: "warm-up",
  class_weight: "weights",
  missing_indicators: "missing",
  group_rare: "rare",
};
// With more axes than this, what is above them is turned.
const MOST_LEVEL = 9;

export function parallelAxes(trials: readonly LiveTrial[], metric: Metric): Field[] {
  const results: [string, string][] = [
    ["fit_time_seconds", "time, s"],
    ["n_params", "parameters"],
    ["score_val", metricName(metric)],
  ];
  const ends = results.flatMap(([field, label]) => fieldOf(trials, field, label) ?? []);
  return [...variedFields(trials), ...ends];
}

export function drawParallel(
  theme: ChartTheme,
  trials: readonly LiveTrial[],
  axes: readonly Field[],
  brushes: readonly Brush[],
  metric: Metric,
): Drawing {
  const scores = trials.map((trial) => utility(trial.score_val ?? 0, metric));
  const [low, high] = extent(scores);
  const trace: Trace = {
    type: "parcoords",
    dimensions: axes.map((axis) => dimension(trials, axis, brushes, metric)),
    line: { color: scores, colorscale: theme.scale, cmin: low, cmax: high > low ? high : low + 1 },
    unselected: { line: { color: theme.soft, opacity: 0.15 } },
    labelfont: { color: theme.ink, size: 12 },
    labelangle: axes.length > MOST_LEVEL ? -18 : 0,
    tickfont: { color: theme.muted, size: 11 },
    rangefont: { color: "rgba(0,0,0,0)", size: 1 },
  };
  const layout = {
    margin: { l: 70, r: 50, t: 52, b: 24 },
    paper_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font },
  };
  return { traces: [trace], layout };
}

function dimension(
  trials: readonly LiveTrial[],
  axis: Field,
  brushes: readonly Brush[],
  metric: Metric,
): Trace {
  const values = trials.map((trial) => position(trial, axis) ?? Number.NaN);
  const range = axis.categories
    ? [-0.5, axis.categories.length - 0.5]
    : extent(values.filter(Number.isFinite));
  const ticks =
    axis.field === "score_val" ? { tickformat: axisFormat(metric) } : tickTexts(axis);
  const label = SHORT_LABELS[axis.field] ?? axis.label;
  return { label, values, range, ...ticks, constraintrange: constraintOf(axis, brushes, range) };
}

function constraintOf(
  axis: Field,
  brushes: readonly Brush[],
  [low = 0, high = 1]: readonly number[],
): unknown {
  const brush = brushes.find(({ field }) => field === axis.field);
  if (!brush) return undefined;
  if (!hasValues(brush)) {
    const at = (value: number): number => placeOf(value, axis);
    // A bound of 0 has no place of its own on a logarithmic axis without zeros.
    const from = brush.low === undefined ? low : Math.max(low, at(brush.low));
    return [from, brush.high === undefined ? high : at(brush.high)];
  }
  const places = brush.values
    .map((value) => axis.categories?.indexOf(value) ?? Number(value))
    .filter((place) => place >= 0);
  if (places.length === 0 || brush.not) return undefined;
  return places.sort((a, b) => a - b).map((place) => [place - 0.4, place + 0.4]);
}

/** What the reader has brushed, from the traces as Plotly has them; null: an axis without. */
export function readBrushes(axes: readonly Field[], traces: readonly Trace[]): Map<string, Brush | null> {
  const dimensions = (traces[0]?.["dimensions"] ?? []) as { constraintrange?: unknown }[];
  return new Map(
    axes.map((axis, index) => [axis.field, brushOf(axis, dimensions[index]?.constraintrange)]),
  );
}

function brushOf(axis: Field, constraint: unknown): Brush | null {
  if (!Array.isArray(constraint) || constraint.length === 0) return null;
  const ranges = (Array.isArray(constraint[0]) ? constraint : [constraint]) as [number, number][];
  const { field, categories } = axis;
  if (categories) {
    const values = categories.filter((_, place) =>
      ranges.some(([low, high]) => place >= low && place <= high),
    );
    return values.length > 0 ? { field, values } : null;
  }
  // Several ranges of one axis become the one around them, which is what an address can say.
  const low = Math.min(...ranges.map((range) => range[0]));
  const high = Math.max(...ranges.map((range) => range[1]));
  const value = (place: number): number => Number(valueAt(place, axis).toPrecision(6));
  return { field, low: value(low), high: value(high) };
}
