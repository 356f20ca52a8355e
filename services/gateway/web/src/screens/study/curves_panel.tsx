/** How the leaders learnt, epoch by epoch. */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric } from "../../api/types";
import { ChartPanel } from "../../charts/chart_panel";
import { baseLayout, Plot } from "../../charts/plot";
import type { Layout, Trace } from "../../charts/plotly";
import { plainText } from "../../charts/theme";
import type { ChartTheme } from "../../charts/theme";
import { counted, metricName, score } from "../../format/numbers";
import { layers } from "../../format/words";
import { useCurves } from "../../state/curves";
import type { Curve } from "../../state/curves";
import type { StudyView } from "../../state/fold";
import { Blank, ProblemNote } from "../../ui/blank";

// Lines are told apart by dash and marker, too, for those who don't see the colors.
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const MARKERS = ["circle", "square", "diamond", "triangle-up", "cross", "x"];

export function CurvesPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const { curves, error } = useCurves(view);
  const key = curves.map(({ trial, points }) => `${trial.number}:${points.length}`).join(" ");
  const stable = useMemo(() => curves, [key]);
  const draw = useCallback(
    (theme: ChartTheme) => drawCurves(theme, stable, metric),
    [stable, metric],
  );
  return (
    <ChartPanel
      title="Learning curves of the leaders"
      subtitle={`Validation ${metricName(metric)} after each epoch`}
      chart={<Plot label={spoken(stable, metric)} draw={draw} />}
      table={<CurveTable curves={stable} metric={metric} />}
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
      `trial ${trial.number}: ${counted(points.length, "epoch")}, best ${score(peak(points), metric)}`,
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
    line: { color: theme.lines[index], width: index === 0 ? 2.6 : 1.6, dash: DASHES[index] },
    marker: { symbol: MARKERS[index], size: 6, maxdisplayed: 8 },
    hovertemplate:
      `<b>Trial ${trial.number}</b> ${plainText(layers(trial.design.hidden))}<br>` +
      `epoch %{x}: %{y:${metric === "accuracy" ? ".2%" : ".3f"}}<extra></extra>`,
  }));
  const layout = {
    ...base,
    xaxis: {
      ...(base["xaxis"] as object),
      title: { text: "Epoch", font: { color: theme.muted, size: 12.5 }, standoff: 8 },
      showgrid: false,
      // A few epochs don't fill the width: the first points would look like the whole story.
      range: [0, Math.max(10, ...curves.map(({ points }) => points.length)) + 0.5],
    },
    yaxis: {
      ...(base["yaxis"] as object),
      tickformat: metric === "accuracy" ? ".0%" : ".2f",
      ...lowest(curves, metric),
    },
    hovermode: "closest",
    uirevision: "curves",
  };
  return { traces, layout };
}

/** The first epochs of R² can be far below zero; they must not flatten what follows. */
function lowest(curves: readonly Curve[], metric: Metric): Layout {
  if (metric === "accuracy") return {};
  const scores = curves.flatMap(({ points }) => points.map((point) => point.score_val ?? 0));
  const best = Math.max(...scores);
  return { range: [Math.max(Math.min(...scores), best - 1) - 0.03, best + 0.04] };
}

function Legend({ curves }: { curves: readonly Curve[] }) {
  return (
    <ul class="legend" aria-hidden="true">
      {curves.map(({ trial }, index) => (
        <li key={trial.number}>
          <i style={{ background: `var(--line-${index + 1})` }} />
          {trial.number} <span>{layers(trial.design.hidden)}</span>
        </li>
      ))}
    </ul>
  );
}

function CurveTable({ curves, metric }: { curves: readonly Curve[]; metric: Metric }) {
  return (
    <table class="grid">
      <thead>
        <tr>
          <th scope="col">Trial</th>
          <th scope="col">Layers</th>
          <th scope="col" class="num">
            Epochs
          </th>
          <th scope="col" class="num">
            After the first
          </th>
          <th scope="col" class="num">
            Best
          </th>
          <th scope="col" class="num">
            Last
          </th>
        </tr>
      </thead>
      <tbody>
        {curves.map(({ trial, points }) => (
          <tr key={trial.number}>
            <th scope="row">{trial.number}</th>
            <td>{layers(trial.design.hidden)}</td>
            <td class="num">{points.length}</td>
            <td class="num">{score(points[0]?.score_val, metric)}</td>
            <td class="num">{score(peak(points), metric)}</td>
            <td class="num">{score(points[points.length - 1]?.score_val, metric)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function peak(points: Curve["points"]): number | null {
  const scores = points.flatMap((point) => (point.score_val === null ? [] : [point.score_val]));
  return scores.length > 0 ? Math.max(...scores) : null;
}
