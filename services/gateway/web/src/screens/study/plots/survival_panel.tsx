/** How long designs trained: where rungs dropped the weaker ones, and where the rest came to an end. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import { baseAxis, baseLayout } from "../../../charts/plot";
import type { ChartTheme } from "../../../charts/theme";
import { counted } from "../../../format/numbers";
import { isOfSearch } from "../../../state/fold";
import type { StudyView } from "../../../state/fold";
import { brushes, matches } from "../../../state/selection";
import { survivalOf } from "./survival";

// As many as are worth a marker: with one of a few epochs each, most designs end by themselves.
const MOST_RUNGS = 12;

export function SurvivalPanel({ view }: { view: StudyView }) {
  const where = brushes.value;
  const steps = useMemo(
    () =>
      survivalOf(
        [...view.trials.values()].filter((each) => isOfSearch(each) && matches(each, where)),
      ),
    [view, where],
  );
  const all = steps.reduce((sum, step) => sum + step.dropped + step.ended, 0);
  const rungs = steps
    .filter((step) => step.dropped > 0)
    .sort((a, b) => b.dropped - a.dropped)
    .slice(0, MOST_RUNGS);
  const dropped = steps.reduce((sum, step) => sum + step.dropped, 0);
  const draw = useCallback(
    (theme: ChartTheme) => ({
      traces: [
        {
          type: "scatter",
          mode: "lines",
          x: [0, ...steps.map((step) => step.epoch)],
          y: [all, ...steps.map((step) => step.left)],
          line: { color: theme.lines[0], width: 2, shape: "hv" },
          hovertemplate: "%{y} left after epoch %{x}<extra></extra>",
        },
        {
          type: "scatter",
          mode: "markers",
          x: rungs.map((step) => step.epoch),
          y: rungs.map((step) => step.left),
          text: rungs.map((step) => `${counted(step.dropped, "design")} dropped`),
          marker: { color: theme.lines[1], size: 10, symbol: "triangle-down" },
          hovertemplate: "Rung after epoch %{x}: %{text}<extra></extra>",
        },
      ],
      layout: {
        ...baseLayout(theme),
        xaxis: { ...baseAxis(theme, "Epoch"), rangemode: "tozero" },
        yaxis: { ...baseAxis(theme, "Designs left"), rangemode: "tozero" },
        uirevision: "survival",
      },
    }),
    [steps],
  );
  return (
    <ChartPanel
      study={view.study}
      title="How long designs trained"
      subtitle={
        dropped > 0
          ? `Rungs (triangles) dropped ${dropped.toLocaleString("en-US")} of ${counted(all, "design")} early`
          : "None was dropped early"
      }
      label={`Designs left after each epoch: ${all} began, ${dropped} were dropped at rungs.`}
      draw={draw}
      table={{
        columns: [
          { label: "Epoch", isNumber: true },
          { label: "Left", isNumber: true },
          { label: "Dropped", isNumber: true },
          { label: "Ended by themselves", isNumber: true },
        ],
        rows: steps.map((step) => [step.epoch, step.left, step.dropped, step.ended].map(String)),
      }}
      empty={
        steps.length > 0
          ? null
          : { title: "No design has ended yet", text: "The first one makes a step." }
      }
    />
  );
}
