/** What more searching has brought: the best score against the number of designs. */

import { useCallback, useMemo } from "preact/hooks";
import type { Metric, Study } from "../../api/types";
import { OverWhat, axisTitle, isOverTime, placeOf } from "../../charts/best_axis";
import { bestSoFar } from "../../charts/best_so_far";
import type { EndedTrial } from "../../charts/best_so_far";
import { ChartPanel } from "../../charts/chart_panel";
import { baseAxis, baseLayout } from "../../charts/plot";
import type { Drawing } from "../../charts/plot";
import type { Trace } from "../../charts/plotly";
import { scoreAxisRange, thinned, thinnedWords, trialMarkers, trialText } from "../../charts/points";
import type { PointStyle } from "../../charts/points";
import type { TableData } from "../../charts/table_data";
import type { ChartTheme } from "../../charts/theme";
import { usePointStyle } from "../../charts/use_point_style";
import { axisFormat, metricLabel, metricName, score } from "../../format/metric";
import { counted } from "../../format/numbers";
import { layers } from "../../format/words";
import type { StudyView } from "../../state/fold";

export function BestPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const ended = useMemo(() => bestSoFar(view.trials.values(), metric), [view, metric]);
  const style = usePointStyle(view.study);
  const overTime = isOverTime();
  const { started_at, created_at } = view.study;
  const draw = useCallback(
    (theme: ChartTheme) => drawBest(theme, ended, style, { started_at, created_at }, overTime),
    [ended, style, started_at, created_at, overTime],
  );
  return (
    <ChartPanel
      study={view.study}
      title="Best so far"
      subtitle={`Validation ${metricLabel(metric)} of each design, hollow if dropped early`}
      label={spoken(ended, metric)}
      draw={draw}
      table={tableOf(ended, metric)}
      empty={ended.length > 0 ? null : NOTHING_YET}
      controls={<OverWhat overTime={overTime} />}
      footer={<p class="muted small">{drawnWords(ended)}</p>}
    />
  );
}

const NOTHING_YET = { title: "No design has ended yet", text: "The first one starts a line." };

function drawnWords(ended: readonly EndedTrial[]): string {
  return thinnedWords(ended.length, shownOf(ended).length);
}

function shownOf(ended: readonly EndedTrial[]): EndedTrial[] {
  return thinned(ended, (each) => each.isBetter);
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
  style: PointStyle,
  study: Pick<Study, "started_at" | "created_at">,
  overTime: boolean,
): Drawing {
  const places = new Map(ended.map((each, index) => [each, placeOf(each, index, study, overTime)]));
  const shown = shownOf(ended);
  const trials = shown.map((each) => each.trial);
  const points: Trace = {
    type: "scatter",
    mode: "markers",
    x: shown.map((each) => places.get(each)),
    y: shown.map((each) => each.score),
    customdata: trials.map((trial) => trial.number),
    text: trials.map((trial) => trialText(trial, style.metric)),
    hoverinfo: "text",
    marker: { ...trialMarkers(theme, trials, style), size: 7 },
  };
  const line: Trace = {
    type: "scatter",
    mode: "lines",
    x: shown.map((each) => places.get(each)),
    y: shown.map((each) => each.best),
    line: { color: theme.accent, width: 2.6, shape: "hv" },
    hoverinfo: "skip",
  };
  const title = axisTitle(overTime);
  const range = scoreAxisRange(ended.map((each) => each.score), style.metric);
  const layout = {
    ...baseLayout(theme),
    xaxis: { ...baseAxis(theme, title), showgrid: false, rangemode: "tozero" },
    yaxis: { ...baseAxis(theme), tickformat: axisFormat(style.metric), range },
    uirevision: `best ${title}`,
  };
  return { traces: [points, line], layout };
}

function tableOf(ended: readonly EndedTrial[], metric: Metric): TableData {
  const rows = ended.flatMap(({ trial, best, isBetter }, index) =>
    isBetter
      ? [[String(index + 1), score(best, metric), String(trial.number), layers(trial.design.hidden)]]
      : [],
  );
  return {
    columns: [
      { label: "After designs", isNumber: true },
      { label: `Best ${metricLabel(metric)}`, isNumber: true },
      { label: "Trial", isNumber: true },
      { label: "Layers" },
    ],
    rows,
  };
}
