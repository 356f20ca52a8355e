/** What the server made of each column, why, and the user's way to say otherwise. */

import type { Column, ColumnKind, Dataset } from "../../api/types";
import { count, counted, percent, quantity } from "../../format/numbers";
import type { Draft } from "../../state/draft";

const KINDS: ColumnKind[] = ["number", "category", "date", "text", "id", "constant", "ignore"];

interface ColumnsTableProps {
  dataset: Dataset;
  draft: Draft;
  onKind: (column: string, kind: ColumnKind) => void;
}

export function ColumnsTable({ dataset, draft, onKind }: ColumnsTableProps) {
  return (
    <>
      <div class="table-frame columns-frame" tabIndex={0} role="region" aria-label="Columns">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Column</th>
              <th scope="col">Kind</th>
              <th scope="col">Missing</th>
              <th scope="col" class="num">
                Distinct
              </th>
              <th scope="col">Values</th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {dataset.columns.map((column) => (
              <ColumnRow
                key={column.name}
                column={column}
                dataset={dataset}
                isTarget={column.name === draft.target}
                kind={draft.kinds[column.name] ?? column.kind}
                onKind={onKind}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div class="table-foot">
        <span>
          {counted(dataset.columns.length, "column")}, {counted(dataset.rows, "row")}
        </span>
      </div>
    </>
  );
}

interface ColumnRowProps {
  column: Column;
  dataset: Dataset;
  isTarget: boolean;
  kind: ColumnKind;
  onKind: (column: string, kind: ColumnKind) => void;
}

function ColumnRow({ column, dataset, isTarget, kind, onKind }: ColumnRowProps) {
  const warnings = dataset.warnings.filter((warning) => warning.column === column.name);
  return (
    <tr>
      <th scope="row" class="col-name" title={column.name}>
        {column.name}
      </th>
      <td>
        {isTarget ? (
          <span class="chip tone-accent">target</span>
        ) : (
          <KindSelect column={column} kind={kind} onKind={onKind} />
        )}
      </td>
      <td>
        <MissingShare missing={column.missing} rows={dataset.rows} />
      </td>
      <td class="num">{count(column.distinct)}</td>
      <td class="muted">{valuesOf(column)}</td>
      <td class="wrap muted">
        {column.reason}
        {warnings.map((warning) => (
          <span key={warning.code} class="warn-line">
            {warning.detail}
          </span>
        ))}
      </td>
    </tr>
  );
}

function KindSelect({ column, kind, onKind }: Pick<ColumnRowProps, "column" | "kind" | "onKind">) {
  return (
    <select
      class={`form-select ${kind === column.kind ? "" : "changed"}`}
      aria-label={`Kind of ${column.name}`}
      value={kind}
      onChange={(event) => onKind(column.name, event.currentTarget.value as ColumnKind)}
    >
      {KINDS.map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}

function MissingShare({ missing, rows }: { missing: number; rows: number }) {
  if (missing === 0) return <span class="muted">none</span>;
  return (
    <span class="share">
      <span class="track">
        <div style={{ width: `${(missing / rows) * 100}%` }} />
      </span>
      {percent(missing, rows)}
    </span>
  );
}

const SHOWN_VALUES = 3;
const LONGEST_VALUE = 18;

function valuesOf(column: Column): string {
  if (column.kind === "date") return `${day(column.minimum)} to ${day(column.maximum)}`;
  if (column.minimum !== null && column.kind === "number") {
    return `${quantity(column.minimum)} to ${quantity(column.maximum)}`;
  }
  const values = column.top.slice(0, SHOWN_VALUES).map((each) => shorten(each.value));
  return values.join(", ") + (column.distinct > values.length ? ", …" : "");
}

function day(seconds: number | null): string {
  return seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10);
}

function shorten(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}
