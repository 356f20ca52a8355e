/** What more searching has brought: the best score against the number of designs. */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric } from "../../api/types";
import { bestSoFar } from "../../charts/best_so_far";
import type { EndedTrial } from "../../charts/best_so_far";
import { ChartPanel } from "../../charts/chart_panel";
import { scoreRange } from "../../charts/score_scale";
import { baseLayout, Plot } from "../../charts/plot";
import type { Layout, Trace } from "../../charts/plotly";
import { plainText } from "../../charts/theme";
import type { ChartTheme } from "../../charts/theme";
import { axisFormat, metricLabel, metricName, score, utility } from "../../format/metric";
import { counted } from "../../format/numbers";
import { layers } from "../../format/words";
import type { StudyView } from "../../state/fold";
import { Blank } from "../../ui/blank";

export function BestPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const ended = useMemo(() => bestSoFar(view.trials.values(), metric), [view, metric]);
  const draw = useCallback((theme: ChartTheme) => drawBest(theme, ended, metric), [ended, metric]);
  return (
    <ChartPanel
      title="Best so far"
      subtitle={`Validation ${metricLabel(metric)} of each design, hollow if dropped early, and the best up to it`}
      chart={<Plot label={spoken(ended, metric)} draw={draw} />}
      table={<BestTable ended={ended} metric={metric} />}
      empty={
        ended.length > 0 ? null : (
          <Blank icon="chart" title="No design has ended yet" text="The first one starts a line." />
        )
      }
    />
  );
}

function spoken(ended: readonly EndedTrial[], metric: Metric): string {
  const last = ended[ended.length - 1];
  if (!last) return "Best so far. Nothing yet.";
  const steps = ended.filter((each) => each.isBetter).length;
  return (
    `Best ${metricName(metric)} so far: ${score(last.best, metric)} after ` +
    `${counted(ended.length, "design")}, improved ${counted(steps, "time")}.`
  );
}

function drawBest(
  theme: ChartTheme,
  ended: readonly EndedTrial[],
  metric: Metric,
): { traces: Trace[]; layout: Layout } {
  const base = baseLayout(theme);
  const place = ended.map((_, index) => index + 1);
  const points: Trace = {
    type: "scatter",
    mode: "markers",
    x: place,
    y: ended.map((each) => each.score),
    text: ended.map((each) => hoverText(each, metric)),
    hoverinfo: "text",
    marker: {
      color: theme.muted,
      size: 7,
      opacity: 0.6,
      // Hollow: dropped early.
      symbol: ended.map(({ trial }) => (trial.state === "SUCCEEDED" ? "circle" : "circle-open")),
    },
  };
  const line: Trace = {
    type: "scatter",
    mode: "lines",
    x: place,
    y: ended.map((each) => each.best),
    line: { color: theme.accent, width: 2.6, shape: "hv" },
    hoverinfo: "skip",
  };
  const title = { text: "Designs", font: { color: theme.muted, size: 12.5 }, standoff: 8 };
  const layout = {
    ...base,
    xaxis: {
      ...(base["xaxis"] as object),
      title,
      showgrid: false,
      range: [0, Math.max(10, ended.length) + 0.5],
    },
    yaxis: {
      ...(base["yaxis"] as object),
      tickformat: axisFormat(metric),
      range: shownRange(ended, metric),
    },
    hovermode: "closest",
    uirevision: "best",
  };
  return { traces: [points, line], layout };
}

/** One bad design must not flatten all others. */
function shownRange(ended: readonly EndedTrial[], metric: Metric): [number, number] {
  const { low, high } = scoreRange(ended.map((each) => utility(each.score, metric)));
  const edge = 0.08 * (high - low || 1);
  const ends = [utility(low - edge, metric), utility(high + edge, metric)] as [number, number];
  return ends[0] < ends[1] ? ends : [ends[1], ends[0]];
}

function hoverText({ trial, score: value }: EndedTrial, metric: Metric): string {
  return `<b>Trial ${trial.number}</b>  ${score(value, metric)}<br>${plainText(layers(trial.design.hidden))}`;
}

function BestTable({ ended, metric }: { ended: readonly EndedTrial[]; metric: Metric }) {
  return (
    <table class="grid">
      <thead>
        <tr>
          <th scope="col" class="num">
            After designs
          </th>
          <th scope="col" class="num">
            Best {metricLabel(metric)}
          </th>
          <th scope="col" class="num">
            Trial
          </th>
          <th scope="col">Layers</th>
        </tr>
      </thead>
      <tbody>
        {ended.map(
          ({ trial, best, isBetter }, index) =>
            isBetter && (
              <tr key={trial.number}>
                <th scope="row" class="num">
                  {index + 1}
                </th>
                <td class="num">{score(best, metric)}</td>
                <td class="num">{trial.number}</td>
                <td>{layers(trial.design.hidden)}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}
