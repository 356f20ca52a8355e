/** A panel with a chart, the table behind it, and what can be taken away. */

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { count } from "../format/numbers";
import { navigate, trialAddress } from "../router";
import { selectionQuery, togglePick } from "../state/selection";
import { Blank } from "../ui/blank";
import { Menu } from "../ui/menu";
import { Panel } from "../ui/panel";
import { Plot } from "./plot";
import type { Draw, PlotHandle } from "./plot";
import type { Box, Bundle, Trace } from "./plotly";
import { TableToggle } from "./table_toggle";
import { fileName, saveText, toCsv } from "./table_data";
import type { TableData } from "./table_data";

interface ChartPanelProps {
  study: { study_id: string; name: string };
  title: string;
  /** One sentence on what is seen. */
  subtitle: string;
  /** The picture in words, with its figures. */
  label: string;
  draw: Draw;
  table: TableData;
  /** Shown instead while there is nothing to show. */
  empty: { title: string; text: string } | ComponentChildren | null;
  bundle?: Bundle;
  height?: number;
  controls?: ComponentChildren;
  footer?: ComponentChildren;
  onBrush?: (traces: readonly Trace[]) => void;
  onBox?: (box: Box) => void;
}

export function ChartPanel(props: ChartPanelProps) {
  const { study, title, empty, table } = props;
  const [asTable, setAsTable] = useState(false);
  const handle = useRef<PlotHandle | null>(null);
  const frame = useRef<HTMLDivElement>(null);
  const name = fileName(study.name, title);
  const actions = empty === null && (
    <div class="chart-actions">
      {props.controls}
      <TableToggle title={title} asTable={asTable} onToggle={() => setAsTable(!asTable)} />
      <Menu
        label={`Save or enlarge: ${title}`}
        items={[
          ...(["png", "svg"] as const).map((format) => ({
            label: `Save as ${format.toUpperCase()}`,
            disabled: asTable,
            onChoose: () => handle.current?.download(format, name),
          })),
          { label: "Save as CSV", onChoose: () => saveText(`${name}.csv`, toCsv(table)) },
          { label: "Full screen", onChoose: () => void frame.current?.requestFullscreen() },
        ]}
      />
    </div>
  );
  return (
    <Panel title={title} subtitle={props.subtitle} actions={actions}>
      <div class="chart-body" ref={frame}>
        {empty !== null && <Empty empty={empty} />}
        {empty === null && asTable && <ChartTable title={title} table={table} />}
        {empty === null && !asTable && (
          <Plot
            label={props.label}
            draw={props.draw}
            bundle={props.bundle}
            height={props.height}
            handle={handle}
            onBrush={props.onBrush}
            onBox={props.onBox}
            onTrial={(number, withShift) => {
              if (withShift) togglePick(number);
              else navigate(trialAddress(study.study_id, number, selectionQuery.peek()));
            }}
          />
        )}
        {empty === null && !asTable && props.footer}
      </div>
    </Panel>
  );
}

function Empty({ empty }: { empty: ChartPanelProps["empty"] }) {
  if (isWords(empty)) return <Blank icon="chart" title={empty.title} text={empty.text} />;
  return <>{empty}</>;
}

function isWords(empty: ChartPanelProps["empty"]): empty is { title: string; text: string } {
  return typeof empty === "object" && empty !== null && "text" in empty && "title" in empty;
}

const MOST_ROWS = 100;

function ChartTable({ title, table }: { title: string; table: TableData }) {
  const { columns, rows } = table;
  const shown = rows.slice(0, MOST_ROWS);
  const kind = (index: number): string | undefined => (columns[index]?.isNumber ? "num" : undefined);
  return (
    <>
      <div class="table-frame chart-table" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table class="grid">
          <thead>
            <tr>
              {columns.map((column, index) => (
                <th key={column.label} scope="col" class={kind(index)}>
                  {column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, place) => (
              <tr key={place}>
                {row.map((text, index) =>
                  index === 0 ? (
                    <th key={index} scope="row" class={kind(index)}>
                      {text}
                    </th>
                  ) : (
                    <td key={index} class={kind(index)}>
                      {text}
                    </td>
                  ),
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > MOST_ROWS && (
        <p class="muted small">
          {count(MOST_ROWS)} of {count(rows.length)} rows; the CSV has all.
        </p>
      )}
    </>
  );
}
