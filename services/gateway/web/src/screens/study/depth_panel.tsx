/** The headline: what does another hidden layer cost, and what does it bring? */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric } from "../../api/types";
import { ChartPanel } from "../../charts/chart_panel";
import { plainBrush, withBrushes } from "../../charts/box_brushes";
import { jitter, summarizeDepths, timedTrials } from "../../charts/depths";
import type { DepthSummary, TimedTrial } from "../../charts/depths";
import { extent } from "../../charts/fields";
import { logAxis } from "../../charts/log_axis";
import { baseAxis, baseLayout } from "../../charts/plot";
import type { Drawing } from "../../charts/plot";
import type { Layout, Trace } from "../../charts/plotly";
import { thinned, thinnedWords, trialMarkers, trialText } from "../../charts/points";
import type { PointStyle } from "../../charts/points";
import type { TableData } from "../../charts/table_data";
import { usePointStyle } from "../../charts/use_point_style";
import { scoreRange } from "../../charts/score_scale";
import type { ScoreRange } from "../../charts/score_scale";
import type { ChartTheme } from "../../charts/theme";
import { directionWords, metricName, score, utility } from "../../format/metric";
import { counted } from "../../format/numbers";
import { duration } from "../../format/time";
import type { StudyView } from "../../state/fold";
import { query, setQuery } from "../../router";
import { brushes, setBrushes } from "../../state/selection";
import type { Brush } from "../../state/selection";

export function DepthPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const timed = useMemo(() => timedTrials(view.trials.values()), [view]);
  const depths = useMemo(() => summarizeDepths(timed, metric), [timed, metric]);
  const style = usePointStyle(view.study);
  const shown = useMemo(() => thinned(timed, ({ trial }) => isKept(trial, style)), [timed, style]);
  const isLog = usesLogarithm(timed, query.value.get("times"));
  const draw = useCallback(
    (theme: ChartTheme) => drawDepths(theme, timed, shown, style, isLog),
    [timed, shown, style, isLog],
  );
  const range = utilityRange(timed, metric);
  return (
    <ChartPanel
      study={view.study}
      title="Training time against hidden layers"
      subtitle="Each point is a design; the box is the middle half of its depth"
      label={spoken(depths, metric)}
      draw={draw}
      controls={<TimesChoice isLog={isLog} />}
      onBox={({ x, y }) =>
        setBrushes(
          withBrushes(brushes.peek(), [
            x ? depthBrush(x) : null,
            y ? plainBrush("fit_time_seconds", y) : null,
          ]),
        )
      }
      table={tableOf(depths, metric)}
      empty={timed.length > 0 ? null : NOTHING_YET}
      footer={
        <div class="scale" aria-hidden="true">
          {score(utility(range.low, metric), metric, 1)}
          <i />
          {score(utility(range.high, metric), metric, 1)} {metricName(metric)}{" "}
          <span>
            ({directionWords(metric)}) · ★ the best
            {shown.length < timed.length && ` · ${thinnedWords(timed.length, shown.length)}`}
          </span>
        </div>
      }
    />
  );
}

/** As the address says; else where times differ by so much that the short ones couldn't be told. */
function usesLogarithm(timed: readonly TimedTrial[], asked: string | null): boolean {
  if (asked === "log" || asked === "linear") return asked === "log";
  const [low, high] = extent(timed.map((each) => each.seconds));
  return high > 30 * low;
}

function TimesChoice({ isLog }: { isLog: boolean }) {
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      aria-label="Logarithmic times"
      aria-pressed={isLog}
      onClick={() => setQuery({ times: isLog ? "linear" : "log" }, { replace: true })}
    >
      Log
    </button>
  );
}

// Points as wide as this around their depth, boxes a little wider.
const SPREAD = 0.24;

const NOTHING_YET = {
  title: "No design has ended yet",
  text: "The first one puts a point here.",
};

/** A point stands beside its depth. */
function depthBrush([one, other]: readonly [number, number]): Brush | null {
  const low = Math.ceil(Math.min(one, other) - SPREAD);
  const high = Math.floor(Math.max(one, other) + SPREAD);
  return low > high ? null : { field: "n_layers", low, high };
}

function isKept({ number }: { number: number }, { best, picked }: PointStyle): boolean {
  return number === best || picked.includes(number);
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

function drawDepths(
  theme: ChartTheme,
  timed: readonly TimedTrial[],
  shown: readonly TimedTrial[],
  style: PointStyle,
  isLog: boolean,
): Drawing {
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
  const trials = shown.map((each) => each.trial);
  const points: Trace = {
    type: "scatter",
    mode: "markers",
    x: trials.map((trial) => trial.n_layers + jitter(trial.number) * SPREAD),
    y: shown.map((each) => each.seconds),
    customdata: trials.map((trial) => trial.number),
    text: trials.map((trial) => trialText(trial, style.metric)),
    hoverinfo: "text",
    marker: trialMarkers(theme, trials, style),
  };
  return { traces: [boxes, points], layout: depthLayout(theme, timed, isLog) };
}

function depthLayout(theme: ChartTheme, timed: readonly TimedTrial[], isLog: boolean): Layout {
  const [low, high] = extent(timed.map(({ seconds }) => seconds));
  return {
    ...baseLayout(theme),
    xaxis: { ...baseAxis(theme, "Hidden layers"), dtick: 1, showgrid: false },
    yaxis: {
      ...baseAxis(theme, "Training time, s"),
      ...(isLog ? logAxis(low, high) : { type: "linear" }),
      rangemode: "tozero",
    },
    // Keeps the reader's zoom while new points come in, on the same axes.
    uirevision: isLog ? "depths-log" : "depths",
  };
}

function tableOf(depths: readonly DepthSummary[], metric: Metric): TableData {
  const numbers = ["Designs", "Median time", "Fastest", "Slowest", "Best score"];
  return {
    columns: [
      { label: "Hidden layers" },
      ...numbers.map((label) => ({ label, isNumber: true })),
    ],
    rows: depths.map((depth) => [
      String(depth.layers),
      String(depth.trials),
      duration(depth.median),
      duration(depth.low),
      duration(depth.high),
      score(depth.best, metric),
    ]),
  };
}
