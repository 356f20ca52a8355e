/** What was predicted against what was true, row by row. */

import { useCallback } from "preact/hooks";
import type { Evaluation, Study } from "../../../api/types";
import { ChartPanel } from "../../../charts/chart_panel";
import { extent } from "../../../charts/fields";
import { baseAxis, baseLayout } from "../../../charts/plot";
import { thinned, thinnedWords } from "../../../charts/points";
import { plainText } from "../../../charts/theme";
import type { ChartTheme } from "../../../charts/theme";
import { counted, quantity } from "../../../format/numbers";

interface Row {
  actual: number;
  predicted: number;
}

interface ResidualsPanelProps {
  evaluation: Evaluation;
  study: Study;
}

export function PredictedPanel({ evaluation, study }: ResidualsPanelProps) {
  const rows = rowsOf(evaluation);
  const draw = useCallback(
    (theme: ChartTheme) => {
      const [low, high] = extent(rows.flatMap(({ actual, predicted }) => [actual, predicted]));
      return {
        traces: [
          {
            type: "scatter",
            mode: "lines",
            x: [low, high],
            y: [low, high],
            line: { color: theme.soft, dash: "dot", width: 1 },
            hoverinfo: "skip",
          },
          points(theme, rows, ({ predicted }) => predicted, "%{y:.4~g} predicted, %{x:.4~g} true"),
        ],
        layout: {
          ...baseLayout(theme),
          xaxis: baseAxis(theme, `True ${plainText(study.target)}`),
          yaxis: baseAxis(theme, "Predicted"),
        },
      };
    },
    [evaluation],
  );
  return (
    <ChartPanel
      study={study}
      title="Predicted against true"
      subtitle="On the dotted line, the prediction is right"
      label={`Predictions of ${counted(rows.length, "row")} against their true values.`}
      draw={draw}
      table={tableOf(rows)}
      empty={null}
      footer={<Drawn rows={rows} />}
    />
  );
}

export function ResidualsPanel({ evaluation, study }: ResidualsPanelProps) {
  const rows = rowsOf(evaluation);
  const draw = useCallback(
    (theme: ChartTheme) => ({
      traces: [points(theme, rows, error, "off by %{y:.4~g} at %{x:.4~g}")],
      layout: {
        ...baseLayout(theme),
        xaxis: baseAxis(theme, "Predicted"),
        yaxis: {
          ...baseAxis(theme, "Predicted − true"),
          zeroline: true,
          zerolinecolor: theme.soft,
        },
      },
    }),
    [evaluation],
  );
  return (
    <ChartPanel
      study={study}
      title="Residuals"
      subtitle="Errors should lie around zero, alike everywhere"
      label={`Errors of ${counted(rows.length, "row")} against what was predicted.`}
      draw={draw}
      table={tableOf(rows)}
      empty={null}
      footer={<Drawn rows={rows} />}
    />
  );
}

function error({ actual, predicted }: Row): number {
  return predicted - actual;
}

function rowsOf({ residuals }: Evaluation): Row[] {
  const { actual = [], predicted = [] } = residuals ?? {};
  return actual.map((value, place) => ({ actual: value, predicted: predicted[place] ?? 0 }));
}

function drawn(rows: readonly Row[]): Row[] {
  return thinned(rows, () => false);
}

function Drawn({ rows }: { rows: readonly Row[] }) {
  return <p class="muted small">{thinnedWords(rows.length, drawn(rows).length)}</p>;
}

function points(
  theme: ChartTheme,
  rows: readonly Row[],
  height: (row: Row) => number,
  words: string,
) {
  const shown = drawn(rows);
  return {
    type: "scatter",
    mode: "markers",
    // The errors are looked at beside what was said, the predictions beside what is true.
    x: shown.map((row) => (height === error ? row.predicted : row.actual)),
    y: shown.map(height),
    marker: { color: theme.accent, size: 7, opacity: 0.55 },
    hovertemplate: `${words}<extra></extra>`,
  };
}

function tableOf(rows: readonly Row[]) {
  return {
    columns: [
      { label: "True", isNumber: true },
      { label: "Predicted", isNumber: true },
      { label: "Error", isNumber: true },
    ],
    rows: rows.map((row) => [row.actual, row.predicted, error(row)].map(quantity)),
  };
}
