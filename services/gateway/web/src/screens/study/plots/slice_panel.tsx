/** The score against each hyperparameter by itself, as small multiples. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import { axisBrush, plainBrush, withBrushes } from "../../../charts/box_brushes";
import { position, tickTexts, variedFields } from "../../../charts/fields";
import type { Field } from "../../../charts/fields";
import { baseAxis, baseLayout } from "../../../charts/plot";
import type { Drawing } from "../../../charts/plot";
import type { Box, Layout, Trace } from "../../../charts/plotly";
import { scoreAxisRange, thinned, thinnedWords, trialMarkers, trialText } from "../../../charts/points";
import type { PointStyle } from "../../../charts/points";
import type { ChartTheme } from "../../../charts/theme";
import { usePointStyle } from "../../../charts/use_point_style";
import { axisFormat, metricName, score } from "../../../format/metric";
import { fieldValue } from "../../../state/conditions";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { brushes, setBrushes } from "../../../state/selection";
import type { Brush } from "../../../state/selection";
import { scored } from "./scored";

// Points are drawn once for each field.
const MOST_POINTS = 500;
const ROW_HEIGHT = 220;
const COLUMN_WIDTH = 280;

export function SlicePanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const style = usePointStyle(view.study);
  const trials = useMemo(() => scored(view), [view]);
  const fields = useMemo(() => variedFields(trials), [trials]);
  const shown = useMemo(
    () => thinned(trials, ({ number }) => number === style.best, MOST_POINTS),
    [trials, style],
  );
  const draw = useCallback(
    (theme: ChartTheme, width: number) => drawSlices(theme, shown, fields, style, width),
    [shown, fields, style],
  );
  const columns = columnsIn(document.documentElement.clientWidth);
  return (
    <ChartPanel
      study={view.study}
      title="Score against each choice"
      subtitle={`Validation ${metricName(metric)} against every hyperparameter that varied`}
      label={`Score against ${fields.map((field) => field.label).join(", ")}.`}
      draw={draw}
      onBox={(box) => setBrushes(withBrushes(brushes.peek(), boxBrushes(box, fields)))}
      height={Math.max(1, Math.ceil(fields.length / columns)) * ROW_HEIGHT}
      table={{
        columns: [
          { label: "Trial" },
          { label: metricName(metric), isNumber: true },
          ...fields.map(({ label, categories }) => ({ label, isNumber: categories === null })),
        ],
        rows: trials.map((trial) => [
          String(trial.number),
          score(trial.score_val, metric),
          ...fields.map(({ field }) => String(fieldValue(trial, field) ?? "–")),
        ]),
      }}
      empty={
        fields.length > 0
          ? null
          : { title: "Nothing varies yet", text: "Two designs that differ make the first slice." }
      }
      footer={<p class="muted small">{thinnedWords(trials.length, shown.length)}</p>}
    />
  );
}

function boxBrushes(box: Box, fields: readonly Field[]): (Brush | null)[] {
  return Object.entries(box).map(([axis, ends]) => {
    const field = fields[Number(axis.slice(1) || 1) - 1];
    if (axis.startsWith("y") || !field) return plainBrush("score_val", ends);
    return axisBrush(field, ends);
  });
}

function columnsIn(width: number): number {
  return Math.min(3, Math.max(1, Math.floor(width / COLUMN_WIDTH)));
}

function drawSlices(
  theme: ChartTheme,
  shown: readonly LiveTrial[],
  fields: readonly Field[],
  style: PointStyle,
  width: number,
): Drawing {
  const columns = columnsIn(width);
  const scores = shown.map((trial) => trial.score_val ?? 0);
  const range = scoreAxisRange(scores, style.metric);
  const marker = { ...trialMarkers(theme, shown, style), size: 6 };
  const layout: Layout = {
    ...baseLayout(theme),
    grid: { rows: Math.ceil(fields.length / columns), columns, pattern: "independent", ygap: 0.4 },
    uirevision: "slices",
  };
  const traces = fields.map((field, index): Trace => {
    const axis = index === 0 ? "" : String(index + 1);
    layout[`xaxis${axis}`] = { ...baseAxis(theme, field.label), ...tickTexts(field) };
    layout[`yaxis${axis}`] = { ...baseAxis(theme), tickformat: axisFormat(style.metric), range };
    return {
      type: "scatter",
      mode: "markers",
      xaxis: `x${axis}`,
      yaxis: `y${axis}`,
      x: shown.map((trial) => position(trial, field)),
      y: scores,
      customdata: shown.map((trial) => trial.number),
      text: shown.map((trial) => trialText(trial, style.metric)),
      hoverinfo: "text",
      marker,
    };
  });
  return { traces, layout };
}
