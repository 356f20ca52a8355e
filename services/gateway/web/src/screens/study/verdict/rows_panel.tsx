/** More data or a bigger network? The finalists on parts of the training rows. */

import { useMemo } from "preact/hooks";
import type { Metric } from "../../../api/types";
import type { Verdict } from "../../../api/verdict";
import { FigurePanel } from "../../../charts/figure_panel";
import { sentence } from "../../../format/design_words";
import { metricLabel, metricName, score } from "../../../format/metric";
import { count, counted } from "../../../format/numbers";
import { RowsChart } from "./rows_chart";
import { rowsLines } from "./rows_steps";
import type { RowsLine } from "./rows_steps";

export function RowsPanel({ verdict }: { verdict: Verdict }) {
  const { metric, advice } = verdict;
  const lines = useMemo(() => rowsLines(verdict.learning_curve), [verdict]);
  if (lines.length === 0) return null;
  return (
    <FigurePanel
      title="More data, or a bigger network?"
      subtitle={`Mean ${metricLabel(metric)} on a part of the training rows`}
      chart={<RowsChart lines={lines} metric={metric} label={spoken(lines, metric)} />}
      table={<RowsTable lines={lines} metric={metric} />}
      empty={null}
      footer={advice ? <p class="advice">{sentence(advice)}</p> : undefined}
    />
  );
}

function spoken(lines: readonly RowsLine[], metric: Metric): string {
  const parts = lines.map(({ name, steps }) => {
    const told = steps.map((step) => `${score(step.mean, metric)} on ${counted(step.rows, "row")}`);
    return `${name}: ${told.join(", ")}`;
  });
  return `Mean ${metricName(metric)} against training rows. ${parts.join(". ")}.`;
}

function RowsTable({ lines, metric }: { lines: readonly RowsLine[]; metric: Metric }) {
  return (
    <table class="grid">
      <thead>
        <tr>
          <th scope="col">Design</th>
          <th scope="col" class="num">
            Rows
          </th>
          <th scope="col" class="num">
            Repeats
          </th>
          <th scope="col" class="num">
            Mean
          </th>
          <th scope="col" class="num">
            Interval
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.flatMap(({ name, steps }) =>
          steps.map((step) => (
            <tr key={`${name} ${step.share}`}>
              <th scope="row">{name}</th>
              <td class="num">{count(step.rows)}</td>
              <td class="num">{step.repeats}</td>
              <td class="num">{score(step.mean, metric)}</td>
              <td class="num">
                {step.interval
                  ? `${score(step.interval.low, metric, 1)} to ${score(step.interval.high, metric, 1)}`
                  : "–"}
              </td>
            </tr>
          )),
        )}
      </tbody>
    </table>
  );
}
