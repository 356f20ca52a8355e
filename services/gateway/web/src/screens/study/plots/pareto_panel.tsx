/** What a better score costs: the designs that no other one beats in score, time and size. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import { plainBrush, withBrushes } from "../../../charts/box_brushes";
import { extent } from "../../../charts/fields";
import { COSTS, paretoFront } from "../../../charts/front";
import type { Cost } from "../../../charts/front";
import { logAxis } from "../../../charts/log_axis";
import { baseAxis, baseLayout } from "../../../charts/plot";
import type { Drawing } from "../../../charts/plot";
import { scoreAxisRange, thinned, thinnedWords, trialMarkers, trialText } from "../../../charts/points";
import type { PointStyle } from "../../../charts/points";
import type { ChartTheme } from "../../../charts/theme";
import { usePointStyle } from "../../../charts/use_point_style";
import { axisFormat, metricName, score } from "../../../format/metric";
import { compact, counted } from "../../../format/numbers";
import { duration } from "../../../format/time";
import { designSummary } from "../../../format/words";
import { query, setQuery } from "../../../router";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { brushes, setBrushes } from "../../../state/selection";
import { scored } from "./scored";

const COST_WORDS: Record<Cost, string> = {
  fit_time_seconds: "Training time, s",
  n_params: "Parameters",
};

export function ParetoPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const style = usePointStyle(view.study);
  const cost: Cost = query.value.get("cost") === "n_params" ? "n_params" : "fit_time_seconds";
  const trials = useMemo(
    () => scored(view).filter((trial) => trial.state === "SUCCEEDED" && (trial[cost] ?? 0) > 0),
    [view, cost],
  );
  const front = useMemo(() => paretoFront(trials, [cost], metric), [trials, cost, metric]);
  const all = useMemo(() => paretoFront(trials, COSTS, metric), [trials, metric]);
  const shown = useMemo(() => thinned(trials, (trial) => front.includes(trial)), [trials, front]);
  const draw = useCallback(
    (theme: ChartTheme) => drawFront(theme, shown, front, cost, style),
    [shown, front, cost, style],
  );
  return (
    <ChartPanel
      study={view.study}
      title="Pareto front"
      subtitle="Designs on the line are beaten by none in both respects"
      label={
        `Pareto front of ${metricName(metric)} and ${COST_WORDS[cost]}: ` +
        `${counted(front.length, "design")} of ${trials.length}; best ` +
        `${score(front[0]?.score_val, metric)} at trial ${front[0]?.number ?? 0}.`
      }
      draw={draw}
      onBox={({ x, y }) =>
        setBrushes(
          withBrushes(brushes.peek(), [
            x ? plainBrush(cost, x) : null,
            y ? plainBrush("score_val", y) : null,
          ]),
        )
      }
      table={{
        columns: [
          { label: "Trial" },
          { label: metricName(metric), isNumber: true },
          { label: "Time", isNumber: true },
          { label: "Parameters", isNumber: true },
          { label: "Design" },
        ],
        rows: all.map((trial) => [
          String(trial.number),
          score(trial.score_val, metric),
          duration(trial.fit_time_seconds ?? 0),
          compact(trial.n_params),
          designSummary(trial.design),
        ]),
      }}
      empty={
        trials.length > 0
          ? null
          : { title: "No design has succeeded yet", text: "The first one begins the front." }
      }
      controls={
        <button
          type="button"
          class="btn btn-quiet btn-small"
          onClick={() => {
            const other = cost === "n_params" ? null : "n_params";
            setQuery({ cost: other }, { replace: true });
          }}
        >
          {cost === "n_params" ? "Against time" : "Against parameters"}
        </button>
      }
      footer={
        <p class="muted small">
          The table lists the {counted(all.length, "design")} that none beats in score, time and
          parameters at once. {thinnedWords(trials.length, shown.length)}
        </p>
      }
    />
  );
}

function drawFront(
  theme: ChartTheme,
  shown: readonly LiveTrial[],
  front: readonly LiveTrial[],
  cost: Cost,
  style: PointStyle,
): Drawing {
  const points = {
    type: "scatter",
    mode: "markers",
    x: shown.map((trial) => trial[cost]),
    y: shown.map((trial) => trial.score_val),
    customdata: shown.map((trial) => trial.number),
    text: shown.map((trial) => trialText(trial, style.metric)),
    hoverinfo: "text",
    marker: trialMarkers(theme, shown, style),
  };
  const line = {
    type: "scatter",
    mode: "lines",
    x: front.map((trial) => trial[cost]),
    y: front.map((trial) => trial.score_val),
    // Between two designs only the worse score is sure for that cost.
    line: { color: theme.accent, width: 2, shape: "vh" },
    hoverinfo: "skip",
  };
  const [low, high] = extent(shown.map((trial) => trial[cost] ?? 0));
  const range = scoreAxisRange(shown.map((trial) => trial.score_val ?? 0), style.metric);
  const layout = {
    ...baseLayout(theme),
    xaxis: { ...baseAxis(theme, COST_WORDS[cost]), ...(high > 30 * low && logAxis(low, high)) },
    yaxis: { ...baseAxis(theme), tickformat: axisFormat(style.metric), range },
    uirevision: `front ${cost}`,
  };
  return { traces: [line, points], layout };
}
