/** What the server made of each column, why, and the user's way to say otherwise. */

import { useState } from "preact/hooks";
import type { Column, ColumnKind, Dataset } from "../../api/types";
import { count, counted } from "../../format/numbers";
import {
  COLUMN_KINDS,
  filterColumns,
  isChanged,
  kindCaution,
  shownKind,
  withKind,
  withKinds,
} from "../../state/column_kinds";
import type { ColumnFilter, ShownKind } from "../../state/column_kinds";
import type { Draft } from "../../state/draft";
import { Chip, Icon } from "../../ui/icons";
import { ColumnPicture, MissingShare } from "./column_picture";

interface ColumnsTableProps {
  dataset: Dataset;
  draft: Draft;
  /** Without it, the table is only shown. */
  change?: (change: Partial<Draft>) => void;
}

const EVERY: ColumnFilter = { name: "", kind: "" };
// A table can have thousands of columns; each row of the list has a control.
const FIRST = 50;
const MORE = 200;

export function ColumnsTable({ dataset, draft, change }: ColumnsTableProps) {
  const [filter, setFilter] = useState(EVERY);
  const [most, setMost] = useState(FIRST);
  const found = filterColumns(dataset, draft, filter);
  const shown = found.slice(0, most);
  return (
    <>
      <ColumnTools filter={filter} onFilter={setFilter} editable={change !== undefined}>
        {change && <BulkChange columns={found} draft={draft} change={change} />}
      </ColumnTools>
      <div
        class="table-frame columns-frame"
        tabIndex={0}
        role="region"
        aria-label="List of columns"
      >
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
            {shown.map((column) => (
              <ColumnRow
                key={column.name}
                column={column}
                dataset={dataset}
                draft={draft}
                change={change}
              />
            ))}
          </tbody>
        </table>
        {found.length === 0 && <p class="no-match muted small">No column is like that.</p>}
      </div>
      <div class="table-foot">
        <span role="status">
          {count(shown.length)} of {counted(dataset.columns.length, "column")}
        </span>
        {shown.length < found.length && (
          <button type="button" class="link-button" onClick={() => setMost(most + MORE)}>
            Show {count(Math.min(MORE, found.length - shown.length))} more
          </button>
        )}
      </div>
    </>
  );
}

interface ColumnToolsProps {
  filter: ColumnFilter;
  onFilter: (filter: ColumnFilter) => void;
  editable: boolean;
  children: preact.ComponentChildren;
}

function ColumnTools({ filter, onFilter, editable, children }: ColumnToolsProps) {
  return (
    <div class="column-tools">
      <input
        type="search"
        class="form-control"
        placeholder="Find a column"
        aria-label="Find a column by its name"
        value={filter.name}
        onInput={(event) => onFilter({ ...filter, name: event.currentTarget.value })}
      />
      <select
        class="form-select"
        aria-label="Which columns"
        value={filter.kind}
        onChange={(event) =>
          onFilter({ ...filter, kind: event.currentTarget.value as ColumnFilter["kind"] })
        }
      >
        <option value="">All kinds</option>
        {COLUMN_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
        <option value="warned">with a warning</option>
        {editable && <option value="changed">changed by you</option>}
      </select>
      {children}
    </div>
  );
}

interface BulkChangeProps {
  columns: readonly Column[];
  draft: Draft;
  change: (change: Partial<Draft>) => void;
}

/** One kind for everything that is listed now. */
function BulkChange({ columns, draft, change }: BulkChangeProps) {
  const many = columns.filter((each) => each.name !== draft.target).length;
  const apply = (value: string): void => {
    const kind = value === "inferred" ? null : (value as ColumnKind);
    change(withKinds(draft, columns, kind));
  };
  return (
    <select
      class="form-select bulk"
      aria-label={`Set the kind of ${counted(many, "listed column")}`}
      disabled={many === 0}
      value=""
      onChange={(event) => {
        const chosen = event.currentTarget.value;
        event.currentTarget.value = "";
        if (chosen !== "") apply(chosen);
      }}
    >
      <option value="">Set {many === 1 ? "the one" : `all ${count(many)}`} listed to …</option>
      {COLUMN_KINDS.map((kind) => (
        <option key={kind} value={kind}>
          {kind}
        </option>
      ))}
      <option value="inferred">what was inferred</option>
    </select>
  );
}

interface ColumnRowProps extends ColumnsTableProps {
  column: Column;
}

function ColumnRow({ column, dataset, draft, change }: ColumnRowProps) {
  const warnings = dataset.warnings.filter((warning) => warning.column === column.name);
  const kind = shownKind(column, draft);
  const caution = kindCaution(column, draft);
  return (
    <tr class={kind === "ignore" ? "left-out" : undefined}>
      <th scope="row" class="col-name" title={column.name}>
        {column.name}
      </th>
      <td>
        {change ? (
          <KindSelect column={column} draft={draft} change={change} />
        ) : (
          <Chip tone={kind === "target" ? "accent" : "idle"}>{column.kind}</Chip>
        )}
      </td>
      <td>
        <MissingShare missing={column.missing} rows={dataset.rows} />
      </td>
      <td class="num">{count(column.distinct)}</td>
      <td>
        <ColumnPicture column={column} rows={dataset.rows} />
      </td>
      <td class="wrap muted">
        {isChanged(column, draft) && <span class="changed-line">Your choice. It was: </span>}
        {column.reason}
        {caution !== null && (
          <span class="warn-line">
            <Icon name="warning" /> {caution}
          </span>
        )}
        {warnings.map((warning) => (
          <span key={warning.code} class="warn-line">
            <Icon name="warning" /> {warning.detail}
          </span>
        ))}
      </td>
    </tr>
  );
}

interface KindSelectProps {
  column: Column;
  draft: Draft;
  change: (change: Partial<Draft>) => void;
}

function KindSelect({ column, draft, change }: KindSelectProps) {
  const kind = shownKind(column, draft);
  const looks = kind === "target" ? "target" : isChanged(column, draft) ? "changed" : "";
  return (
    <select
      class={`form-select ${looks}`}
      aria-label={`Kind of ${column.name}`}
      value={kind}
      onChange={(event) =>
        change(withKind(draft, column, event.currentTarget.value as ShownKind))
      }
    >
      {[...COLUMN_KINDS, "target" as const].map((each) => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}
