/** How some designs learnt, epoch by epoch. */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric } from "../../api/types";
import { ChartPanel } from "../../charts/chart_panel";
import { DASHES, LineKey, MARKERS } from "../../charts/lines";
import { baseLayout } from "../../charts/plot";
import type { TableData } from "../../charts/table_data";
import type { Layout, Trace } from "../../charts/plotly";
import { plainText } from "../../charts/theme";
import type { ChartTheme } from "../../charts/theme";
import { axisFormat, better, hoverFormat, isLoss, metricLabel, score, utility } from "../../format/metric";
import { counted } from "../../format/numbers";
import { layers } from "../../format/words";
import { topTrials, useCurves } from "../../state/curves";
import type { Curve } from "../../state/curves";
import type { LiveTrial, StudyView } from "../../state/fold";
import { Blank, ProblemNote } from "../../ui/blank";

export function LeadersCurves({ view }: { view: StudyView }) {
  return <CurvesPanel view={view} trials={topTrials(view)} title="Learning curves of the leaders" />;
}

interface CurvesPanelProps {
  view: StudyView;
  /** At most six, in the order of their colors. */
  trials: readonly LiveTrial[];
  title: string;
}

export function CurvesPanel({ view, trials, title }: CurvesPanelProps) {
  const { metric } = view.study;
  const { curves, error } = useCurves(view.study.study_id, trials);
  const key = curves.map(({ trial, points }) => `${trial.number}:${points.at(-1)?.epoch}`).join(" ");
  const stable = useMemo(() => curves, [key]);
  const draw = useCallback(
    (theme: ChartTheme) => drawCurves(theme, stable, metric),
    [stable, metric],
  );
  return (
    <ChartPanel
      study={view.study}
      title={title}
      subtitle={`Validation ${metricLabel(metric)} after each epoch`}
      label={spoken(stable, metric)}
      draw={draw}
      table={tableOf(stable, metric)}
      empty={curves.length > 0 ? null : <NoCurves error={error} />}
      footer={<Legend curves={stable} />}
    />
  );
}

function NoCurves({ error }: { error: unknown }) {
  if (error !== null) return <ProblemNote error={error} />;
  return <Blank icon="chart" title="No epoch has ended yet" text="The first one starts a line." />;
}

function spoken(curves: readonly Curve[], metric: Metric): string {
  const parts = curves.map(
    ({ trial, points }) =>
      `trial ${trial.number}: ${counted(points.at(-1)?.epoch ?? 0, "epoch")}, best ${score(peak(points, metric), metric)}`,
  );
  return `Learning curves. ${parts.join("; ")}.`;
}

function drawCurves(
  theme: ChartTheme,
  curves: readonly Curve[],
  metric: Metric,
): { traces: Trace[]; layout: Layout } {
  const base = baseLayout(theme);
  const traces = curves.map(({ trial, points }, index) => ({
    type: "scatter",
    mode: "lines+markers",
    name: `Trial ${trial.number}`,
    x: points.map((point) => point.epoch),
    y: points.map((point) => point.score_val),
    customdata: points.map(() => trial.number),
    line: { color: theme.lines[index], width: index === 0 ? 2.6 : 1.6, dash: DASHES[index] },
    marker: { symbol: MARKERS[index], size: 6, maxdisplayed: 8 },
    hovertemplate:
      `Trial ${trial.number}: ${plainText(layers(trial.design.hidden))}<br>` +
      `epoch %{x}: %{y:${hoverFormat(metric)}}<extra></extra>`,
  }));
  const layout = {
    ...base,
    xaxis: {
      ...(base["xaxis"] as object),
      title: { text: "Epoch", font: { color: theme.muted, size: 12.5 }, standoff: 8 },
      showgrid: false,
      // A few epochs don't fill the width: the first points would look like the whole story.
      range: [0, Math.max(10, ...curves.map(({ points }) => points.at(-1)?.epoch ?? 0)) + 0.5],
    },
    yaxis: {
      ...(base["yaxis"] as object),
      tickformat: axisFormat(metric),
      ...focus(curves, metric),
    },
    hovermode: "closest",
    uirevision: "curves",
  };
  return { traces, layout };
}

/** The first epochs of what has no worst value can be far off; they must not flatten the rest. */
function focus(curves: readonly Curve[], metric: Metric): Layout {
  const heights = curves.flatMap(({ points }) =>
    points.flatMap(({ score_val }) => (score_val === null ? [] : [utility(score_val, metric)])),
  );
  if (metric !== "r2" && !isLoss(metric)) return {};
  heights.sort((a, b) => a - b);
  const best = heights[heights.length - 1] ?? 0;
  const middle = heights[Math.floor(heights.length / 2)] ?? 0;
  const low = Math.max(heights[0] ?? 0, best - 4 * (best - middle));
  const edge = 0.06 * (best - low || 1);
  const ends = [utility(low - edge, metric), utility(best + edge, metric)];
  return { range: ends.sort((a, b) => a - b) };
}

function Legend({ curves }: { curves: readonly Curve[] }) {
  return (
    <ul class="legend" aria-hidden="true">
      {curves.map(({ trial }, index) => (
        <LineKey key={trial.number} index={index}>
          {trial.number} <span>{layers(trial.design.hidden)}</span>
        </LineKey>
      ))}
    </ul>
  );
}

function tableOf(curves: readonly Curve[], metric: Metric): TableData {
  return {
    columns: [
      { label: "Trial" },
      { label: "Layers" },
      { label: "Epoch", isNumber: true },
      { label: `Validation ${metricLabel(metric)}`, isNumber: true },
    ],
    rows: curves.flatMap(({ trial, points }) =>
      points.map((point) => [
        String(trial.number),
        layers(trial.design.hidden),
        String(point.epoch),
        score(point.score_val, metric),
      ]),
    ),
  };
}

function peak(points: Curve["points"], metric: Metric): number | null {
  return points.reduce<number | null>((best, each) => better(best, each.score_val, metric), null);
}
