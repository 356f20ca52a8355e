/** The headline: what does another hidden layer cost, and what does it bring? */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric } from "../../api/types";
import { ChartPanel } from "../../charts/chart_panel";
import { jitter, summarizeDepths, timedTrials } from "../../charts/depths";
import type { DepthSummary, TimedTrial } from "../../charts/depths";
import { baseLayout, Plot } from "../../charts/plot";
import type { Layout, Trace } from "../../charts/plotly";
import { scoreRange } from "../../charts/score_scale";
import type { ScoreRange } from "../../charts/score_scale";
import { plainText } from "../../charts/theme";
import type { ChartTheme } from "../../charts/theme";
import { directionWords, metricName, score, utility } from "../../format/metric";
import { counted } from "../../format/numbers";
import { duration } from "../../format/time";
import { designSummary } from "../../format/words";
import type { StudyView } from "../../state/fold";
import { Blank } from "../../ui/blank";

export function DepthPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const timed = useMemo(() => timedTrials(view.trials.values()), [view]);
  const depths = useMemo(() => summarizeDepths(timed, metric), [timed, metric]);
  const best = view.study.best?.number ?? null;
  const draw = useCallback(
    (theme: ChartTheme) => drawDepths(theme, timed, metric, best),
    [timed, metric, best],
  );
  const range = utilityRange(timed, metric);
  return (
    <ChartPanel
      title="Training time against hidden layers"
      subtitle="Each point is a design; the box is the middle half of its depth"
      chart={<Plot label={spoken(depths, metric)} draw={draw} />}
      table={<DepthTable depths={depths} metric={metric} />}
      empty={timed.length > 0 ? null : <NoPoints />}
      footer={
        <div class="scale" aria-hidden="true">
          {score(utility(range.low, metric), metric, 1)}
          <i />
          {score(utility(range.high, metric), metric, 1)} {metricName(metric)}{" "}
          <span>
            ({directionWords(metric)}) · ★ the best
          </span>
        </div>
      }
    />
  );
}

function NoPoints() {
  return (
    <Blank icon="chart" title="No design has ended yet" text="The first one puts a point here." />
  );
}

function spoken(depths: readonly DepthSummary[], metric: Metric): string {
  const parts = depths.map(
    (depth) =>
      `${counted(depth.layers, "layer")}: ${counted(depth.trials, "design")}, ` +
      `median ${duration(depth.median)}, best ${score(depth.best, metric)}`,
  );
  return `Training time against hidden layers. ${parts.join(". ")}.`;
}

function utilityRange(timed: readonly TimedTrial[], metric: Metric): ScoreRange {
  return scoreRange(timed.map((each) => utility(each.score, metric)));
}

// Points as wide as this around their depth, boxes a little wider.
const SPREAD = 0.24;

function drawDepths(
  theme: ChartTheme,
  timed: readonly TimedTrial[],
  metric: Metric,
  best: number | null,
): { traces: Trace[]; layout: Layout } {
  const range = utilityRange(timed, metric);
  const boxes: Trace = {
    type: "box",
    x: timed.map((each) => each.trial.n_layers),
    y: timed.map((each) => each.seconds),
    boxpoints: false,
    width: 0.66,
    line: { color: theme.soft, width: 1.25 },
    fillcolor: "rgba(128,140,160,0.10)",
    hoverinfo: "skip",
  };
  const points: Trace = {
    type: "scatter",
    mode: "markers",
    x: timed.map((each) => each.trial.n_layers + jitter(each.trial.number) * SPREAD),
    y: timed.map((each) => each.seconds),
    text: timed.map((each) => hoverText(each, metric)),
    hoverinfo: "text",
    marker: {
      color: timed.map((each) => utility(each.score, metric)),
      colorscale: theme.scale,
      cmin: range.low,
      cmax: range.high > range.low ? range.high : range.low + 1e-9,
      size: timed.map((each) => (each.trial.number === best ? 17 : 9)),
      symbol: timed.map((each) => (each.trial.number === best ? "star" : "circle")),
      line: { color: theme.surface, width: 1 },
      opacity: 0.92,
    },
  };
  return { traces: [boxes, points], layout: depthLayout(theme, timed) };
}

function depthLayout(theme: ChartTheme, timed: readonly TimedTrial[]): Layout {
  const base = baseLayout(theme);
  const seconds = timed.map((each) => each.seconds);
  // Times that differ by orders of magnitude need a logarithm to be seen.
  const wide = Math.max(...seconds) > 30 * Math.min(...seconds);
  return {
    ...base,
    xaxis: {
      ...(base["xaxis"] as object),
      title: { text: "Hidden layers", font: { color: theme.muted, size: 12.5 }, standoff: 8 },
      dtick: 1,
      showgrid: false,
    },
    yaxis: {
      ...(base["yaxis"] as object),
      title: { text: "Training time, s", font: { color: theme.muted, size: 12.5 }, standoff: 8 },
      type: wide ? "log" : "linear",
      rangemode: "tozero",
    },
    hovermode: "closest",
    // Keeps the reader's zoom while new points come in.
    uirevision: "depths",
  };
}

function hoverText({ trial, seconds, score: value }: TimedTrial, metric: Metric): string {
  const lines = [
    `<b>Trial ${trial.number}</b>  ${score(value, metric)}`,
    plainText(designSummary(trial.design)),
    `${duration(seconds)} · ${counted(trial.epochs, "epoch")}`,
  ];
  return lines.join("<br>");
}

function DepthTable({ depths, metric }: { depths: readonly DepthSummary[]; metric: Metric }) {
  return (
    <table class="grid">
      <thead>
        <tr>
          <th scope="col">Hidden layers</th>
          <th scope="col" class="num">
            Designs
          </th>
          <th scope="col" class="num">
            Median time
          </th>
          <th scope="col" class="num">
            Fastest
          </th>
          <th scope="col" class="num">
            Slowest
          </th>
          <th scope="col" class="num">
            Best score
          </th>
        </tr>
      </thead>
      <tbody>
        {depths.map((depth) => (
          <tr key={depth.layers}>
            <th scope="row">{depth.layers}</th>
            <td class="num">{depth.trials}</td>
            <td class="num">{duration(depth.median)}</td>
            <td class="num">{duration(depth.low)}</td>
            <td class="num">{duration(depth.high)}</td>
            <td class="num">{score(depth.best, metric)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
