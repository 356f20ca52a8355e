/** How many of a class are found for how many false alarms, at every threshold. */

import { useCallback } from "preact/hooks";
import type { Evaluation, Study } from "../../../api/types";
import { ChartPanel } from "../../../charts/chart_panel";
import { DASHES } from "../../../charts/lines";
import { baseAxis, baseLayout } from "../../../charts/plot";
import { plainText } from "../../../charts/theme";
import type { ChartTheme } from "../../../charts/theme";

// As many as there are lines that can be told apart; the table has the others.
const MOST_CURVES = 6;

export function RocPanel({ evaluation, study }: { evaluation: Evaluation; study: Study }) {
  const { roc } = evaluation;
  const shown = roc.slice(0, MOST_CURVES);
  const draw = useCallback(
    (theme: ChartTheme) => ({
      traces: [
        chance(theme),
        ...shown.map((curve, place) => ({
          type: "scatter",
          mode: "lines",
          name: `${plainText(curve.class)} (${curve.auc.toFixed(3)})`,
          x: curve.fpr,
          y: curve.tpr,
          line: { color: theme.lines[place], dash: DASHES[place], width: 2 },
          hovertemplate: "%{y:.1%} found, %{x:.1%} false alarms<extra>%{fullData.name}</extra>",
        })),
      ],
      layout: {
        ...baseLayout(theme),
        showlegend: true,
        legend: { x: 0.98, y: 0.04, xanchor: "right", yanchor: "bottom", bgcolor: theme.surface },
        xaxis: { ...baseAxis(theme, "False alarms"), tickformat: ".0%", range: [-0.01, 1.01] },
        yaxis: { ...baseAxis(theme, "Found"), tickformat: ".0%", range: [-0.01, 1.02] },
      },
    }),
    [evaluation],
  );
  const figures = roc.map((curve) => `${curve.class} ${curve.auc.toFixed(3)}`).join(", ");
  return (
    <ChartPanel
      study={study}
      title="ROC curves"
      subtitle={
        roc.length > shown.length
          ? `Of the ${shown.length} most frequent classes, each against all others`
          : "Each class against all others, with the area below"
      }
      label={`ROC curves. Area below: ${figures}.`}
      draw={draw}
      table={{
        columns: [
          { label: "Class" },
          { label: "Area below", isNumber: true },
          { label: "False alarms", isNumber: true },
          { label: "Found", isNumber: true },
        ],
        rows: roc.flatMap((curve) =>
          curve.fpr.map((rate, place) => [
            curve.class,
            curve.auc.toFixed(3),
            rate.toFixed(4),
            (curve.tpr[place] ?? 0).toFixed(4),
          ]),
        ),
      }}
      empty={
        roc.length > 0
          ? null
          : { title: "No curve", text: "These rows are all of one class, so there is none to draw." }
      }
    />
  );
}

function chance(theme: ChartTheme) {
  return {
    type: "scatter",
    mode: "lines",
    x: [0, 1],
    y: [0, 1],
    line: { color: theme.soft, dash: "dot", width: 1 },
    hoverinfo: "skip",
    showlegend: false,
  };
}
