/** The score over two hyperparameters at once; which two is part of the address. */

import { useCallback, useMemo } from "preact/hooks";
import { ChartPanel } from "../../../charts/chart_panel";
import { variedFields } from "../../../charts/fields";
import type { Field } from "../../../charts/fields";
import { baseAxis, baseLayout } from "../../../charts/plot";
import { scoreRange } from "../../../charts/score_scale";
import { plainText } from "../../../charts/theme";
import type { ChartTheme } from "../../../charts/theme";
import { metricName, score, utility } from "../../../format/metric";
import { counted } from "../../../format/numbers";
import { listOf, query, setQuery } from "../../../router";
import type { StudyView } from "../../../state/fold";
import { brushes, matches } from "../../../state/selection";
import { heatOf } from "./heat";
import { scored } from "./scored";

export function HeatPanel({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const where = brushes.value;
  const all = useMemo(() => scored(view), [view]);
  const trials = useMemo(() => all.filter((trial) => matches(trial, where)), [all, where]);
  const fields = useMemo(() => variedFields(all), [all]);
  const [x, y] = chosen(fields, query.value.get("heat"));
  const heat = useMemo(() => (x && y ? heatOf(trials, x, y, metric) : null), [trials, x, y, metric]);
  const draw = useCallback(
    (theme: ChartTheme) => {
      const { low, high } = scoreRange(
        (heat?.means ?? []).flat().map((mean) => (mean === null ? null : utility(mean, metric))),
      );
      return {
        traces: [
          {
            type: "heatmap",
            x: heat?.x.labels.map(plainText),
            y: heat?.y.labels.map(plainText),
            z: heat?.means.map((row) => row.map((mean) => mean && utility(mean, metric))),
            text: heat?.means.map((row, place) =>
              row.map((mean, column) =>
                mean === null
                  ? ""
                  : `${score(mean, metric)}<br>${counted(heat.counts[place]?.[column] ?? 0, "design")}`,
              ),
            ),
            hoverinfo: "x+y+text",
            hoverongaps: false,
            colorscale: theme.scale,
            zmin: low,
            zmax: high > low ? high : low + 1e-9,
            showscale: false,
            xgap: 2,
            ygap: 2,
          },
        ],
        layout: {
          ...baseLayout(theme),
          xaxis: { ...baseAxis(theme, x?.label), type: "category", showgrid: false },
          yaxis: { ...baseAxis(theme, y?.label), type: "category", showgrid: false },
          uirevision: "heat",
        },
      };
    },
    [heat, metric, x, y],
  );
  const cells = heat?.counts.flat().filter((count) => count > 0).length ?? 0;
  return (
    <ChartPanel
      study={view.study}
      title="Two choices together"
      subtitle={`Mean validation ${metricName(metric)} of the designs in each cell`}
      label={
        `Mean ${metricName(metric)} over ${x?.label} and ${y?.label}, ` +
        `${counted(cells, "cell")} with designs in them.`
      }
      draw={draw}
      height={380}
      controls={x && y && <Axes fields={fields} x={x} y={y} />}
      table={{
        columns: [
          { label: x?.label ?? "" },
          { label: y?.label ?? "" },
          { label: `Mean ${metricName(metric)}`, isNumber: true },
          { label: "Designs", isNumber: true },
        ],
        rows: (heat?.means ?? []).flatMap((row, place) =>
          row.flatMap((mean, column) =>
            mean === null
              ? []
              : [
                  [
                    heat?.x.labels[column] ?? "",
                    heat?.y.labels[place] ?? "",
                    score(mean, metric),
                    String(heat?.counts[place]?.[column] ?? 0),
                  ],
                ],
          ),
        ),
      }}
      footer={<ScoreScale />}
      empty={
        x && y
          ? null
          : { title: "Too little varies yet", text: "Two choices that differ make the first map." }
      }
    />
  );
}

/** The colors of the scores, as on every other chart. */
function ScoreScale() {
  return (
    <p class="scale">
      worse <i aria-hidden="true" /> better
    </p>
  );
}

/** The address's two, else the first two that vary; how wide layers are says how many there are. */
function chosen(fields: readonly Field[], text: string | null): [Field?, Field?] {
  const asked = listOf(text).flatMap((name) => fields.find(({ field }) => field === name) ?? []);
  const rest = fields.filter((field) => !asked.includes(field));
  const widths = rest.filter(({ field }) => field === "hidden");
  const [x, y] = [...asked, ...rest.filter((field) => !widths.includes(field)), ...widths];
  return [x, y];
}

function Axes({ fields, x, y }: { fields: readonly Field[]; x: Field; y: Field }) {
  const choose = (names: readonly string[]): void =>
    setQuery({ heat: names.join(",") }, { replace: true });
  return (
    <>
      <Axis name="Across" fields={fields} now={x} not={y} onChoose={(f) => choose([f, y.field])} />
      <Axis name="Up" fields={fields} now={y} not={x} onChoose={(f) => choose([x.field, f])} />
    </>
  );
}

interface AxisProps {
  name: string;
  fields: readonly Field[];
  now: Field;
  /** Of the other axis. */
  not: Field;
  onChoose: (field: string) => void;
}

function Axis({ name, fields, now, not, onChoose }: AxisProps) {
  return (
    <select
      class="form-select form-select-sm"
      aria-label={name}
      value={now.field}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {fields
        .filter((each) => each !== not)
        .map((each) => (
          <option key={each.field} value={each.field}>
            {each.label}
          </option>
        ))}
    </select>
  );
}
