/** How one trial learned: its score above its losses, epoch by epoch. */

import { useCallback } from "preact/hooks";
import type { CurvePoint, Study } from "../../../api/types";
import { ChartPanel } from "../../../charts/chart_panel";
import { baseAxis, baseLayout } from "../../../charts/plot";
import type { ChartTheme } from "../../../charts/theme";
import { axisFormat, metricLabel, metricName, score } from "../../../format/metric";
import { counted, quantity } from "../../../format/numbers";
import { useCurves } from "../../../state/curves";
import type { LiveTrial } from "../../../state/fold";

// More than are seen, few enough to be drawn at once.
const MOST_POINTS = 1000;
const NOTHING: readonly CurvePoint[] = [];

interface TrialCurvesProps {
  study: Study;
  trial: LiveTrial;
}

export function TrialCurves({ study, trial }: TrialCurvesProps) {
  const { metric } = study;
  const { curves, error } = useCurves(study.study_id, [trial], MOST_POINTS);
  const curve = curves[0]?.points ?? NOTHING;
  const best = trial.best_epoch;
  const draw = useCallback(
    (theme: ChartTheme) => ({
      traces: [
        line(curve, ({ score_val }) => score_val, metricName(metric), theme.lines[0], "solid", "y"),
        line(curve, ({ val_loss }) => val_loss, "validation loss", theme.lines[1], "dash", "y2"),
        line(curve, ({ train_loss }) => train_loss, "training loss", theme.lines[2], "dot", "y2"),
      ],
      layout: {
        ...baseLayout(theme),
        showlegend: true,
        legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
        hovermode: "x unified",
        xaxis: { ...baseAxis(theme, "Epoch"), anchor: "y2" },
        yaxis: {
          ...baseAxis(theme, metricLabel(metric)),
          domain: [0.54, 1],
          tickformat: axisFormat(metric),
        },
        yaxis2: { ...baseAxis(theme, "Loss"), domain: [0, 0.46] },
        shapes: best === null ? [] : [bestLine(theme, best)],
      },
    }),
    [curve, metric, best],
  );
  return (
    <ChartPanel
      study={study}
      title="How it learned"
      subtitle={
        best === null
          ? "Validation score and losses after each epoch"
          : `Its weights are those of epoch ${best}, where the line is`
      }
      label={
        `Learning curves of trial ${trial.number} over ${counted(curve.at(-1)?.epoch ?? 0, "epoch")}; ` +
        `validation ${metricName(metric)} ${score(trial.score_val ?? trial.live_score, metric)}.`
      }
      height={420}
      draw={draw}
      table={{
        columns: [
          { label: "Epoch", isNumber: true },
          { label: `Validation ${metricLabel(metric)}`, isNumber: true },
          { label: "Validation loss", isNumber: true },
          { label: "Training loss", isNumber: true },
        ],
        rows: curve.map((point) => [
          String(point.epoch),
          score(point.score_val, metric),
          quantity(point.val_loss),
          quantity(point.train_loss),
        ]),
      }}
      empty={emptyWords(curve, error)}
    />
  );
}

function emptyWords(curve: readonly CurvePoint[], error: unknown) {
  if (curve.length > 0) return null;
  if (error !== null) return { title: "The curve could not be read", text: String(error) };
  return { title: "No epoch yet", text: "The first one draws the first point." };
}

function line(
  curve: readonly CurvePoint[],
  height: (point: CurvePoint) => number | null,
  name: string,
  color: string | undefined,
  dash: string,
  yaxis: string,
) {
  return {
    type: "scatter",
    mode: curve.length < 2 ? "markers" : "lines",
    name,
    x: curve.map(({ epoch }) => epoch),
    y: curve.map(height),
    line: { color, dash, width: 2 },
    marker: { color },
    yaxis,
    hovertemplate: "%{y:.4~g}",
  };
}

function bestLine(theme: ChartTheme, epoch: number) {
  return {
    type: "line",
    xref: "x",
    yref: "paper",
    x0: epoch,
    x1: epoch,
    y0: 0,
    y1: 1,
    line: { color: theme.soft, width: 1.5 },
  };
}
