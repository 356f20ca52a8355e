/** How scores are spread: the share of designs up to each score. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import { baseAxis, baseLayout } from "../../../charts/plot";
import { scoreAxisRange } from "../../../charts/points";
import type { ChartTheme } from "../../../charts/theme";
import { usePointStyle } from "../../../charts/use_point_style";
import { axisFormat, metricName, score } from "../../../format/metric";
import { percent } from "../../../format/numbers";
import type { StudyView } from "../../../state/fold";
import { matches } from "../../../state/selection";
import { scored } from "./scored";

const TENTHS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

export function DistributionPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const { brushes } = usePointStyle(view.study);
  const trials = useMemo(() => scored(view), [view]);
  const all = useMemo(() => sortedScores(trials.map((trial) => trial.score_val)), [trials]);
  const selected = useMemo(
    () =>
      brushes.length === 0
        ? null
        : sortedScores(
            trials.flatMap((trial) => (matches(trial, brushes) ? [trial.score_val] : [])),
          ),
    [trials, brushes],
  );
  const draw = useCallback(
    (theme: ChartTheme) => ({
      traces: [
        step(all, theme.lines[0] ?? theme.accent, "solid", "all designs"),
        ...(selected ? [step(selected, theme.lines[1] ?? theme.ink, "dash", "selected")] : []),
      ],
      layout: {
        ...baseLayout(theme),
        showlegend: selected !== null,
        legend: { x: 0.02, y: 0.98 },
        xaxis: {
          ...baseAxis(theme, metricName(metric)),
          tickformat: axisFormat(metric),
          range: scoreAxisRange(all, metric),
        },
        yaxis: { ...baseAxis(theme), tickformat: ".0%", range: [0, 1.02] },
        uirevision: "distribution",
      },
    }),
    [all, selected, metric],
  );
  const median = score(quantile(all, 0.5), metric);
  return (
    <ChartPanel
      study={view.study}
      title="Distribution of scores"
      subtitle="The share of designs with a score up to the one below"
      label={`Distribution of ${all.length} scores: median ${median}.`}
      draw={draw}
      table={{
        columns: [
          { label: "Share of designs" },
          { label: `${metricName(metric)} up to`, isNumber: true },
        ],
        rows: TENTHS.map((share) => [percent(share, 1), score(quantile(all, share), metric)]),
      }}
      empty={
        all.length > 0
          ? null
          : { title: "No design has a score yet", text: "The first one makes a step." }
      }
    />
  );
}

function sortedScores(scores: readonly (number | null)[]): number[] {
  return scores.filter((value) => value !== null).sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.round(share * (sorted.length - 1))] ?? null;
}

function step(sorted: readonly number[], color: string, dash: string, name: string) {
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: sorted,
    y: sorted.map((_, index) => (index + 1) / sorted.length),
    line: { color, dash, width: 2, shape: "hv" },
    hovertemplate: "%{y:.0%} up to %{x:.4~g}<extra></extra>",
  };
}
