/** Parallel coordinates, whose brushes are the page's selection. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import type { Trace } from "../../../charts/plotly";
import { thinned, thinnedWords } from "../../../charts/points";
import type { ChartTheme } from "../../../charts/theme";
import { usePointStyle } from "../../../charts/use_point_style";
import { counted } from "../../../format/numbers";
import { fieldValue } from "../../../state/conditions";
import type { StudyView } from "../../../state/fold";
import { brushes, matches, setBrushes } from "../../../state/selection";
import { scored } from "./scored";
import { drawParallel, parallelAxes, readBrushes } from "./parallel";

export function ParallelPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const style = usePointStyle(view.study);
  const trials = useMemo(() => scored(view), [view]);
  const axes = useMemo(() => parallelAxes(trials, metric), [trials, metric]);
  const shown = useMemo(() => thinned(trials, ({ number }) => number === style.best), [trials, style]);
  const draw = useCallback(
    (theme: ChartTheme) => drawParallel(theme, shown, axes, style.brushes, metric),
    [shown, axes, style, metric],
  );
  const onBrush = (traces: readonly Trace[]): void => {
    const brushed = readBrushes(axes, traces);
    const others = brushes.peek().filter(({ field }) => !brushed.has(field));
    setBrushes([...others, ...[...brushed.values()].filter((each) => each !== null)]);
  };
  const selected = trials.filter((trial) => matches(trial, style.brushes));
  return (
    <ChartPanel
      study={view.study}
      title="Parallel coordinates"
      subtitle="A line is a design; drag along an axis to select a part of it everywhere"
      label={
        `Parallel coordinates of ${counted(trials.length, "design")} over ` +
        `${axes.map((axis) => axis.label).join(", ")}; ${selected.length} selected.`
      }
      draw={draw}
      bundle="strict"
      height={400}
      onBrush={onBrush}
      table={{
        columns: [
          { label: "Trial" },
          ...axes.map(({ label, categories }) => ({ label, isNumber: categories === null })),
        ],
        rows: selected.map((trial) => [
          String(trial.number),
          ...axes.map((axis) => String(fieldValue(trial, axis.field) ?? "–")),
        ]),
      }}
      empty={
        trials.length > 1 && axes.length > 1
          ? null
          : { title: "Too few designs yet", text: "Two that differ make the first axes." }
      }
      footer={<p class="muted small">{thinnedWords(trials.length, shown.length)}</p>}
    />
  );
}
