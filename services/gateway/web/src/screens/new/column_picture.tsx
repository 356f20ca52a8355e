/** A column's values at a glance: bars of the most frequent ones, or where the mean lies. */

import type { Column } from "../../api/types";
import { percent, quantity } from "../../format/numbers";

const SHOWN_BARS = 8;
const SHOWN_VALUES = 3;
const LONGEST_VALUE = 18;

export function ColumnPicture({ column, rows }: { column: Column; rows: number }) {
  const isQuantity = column.kind === "number" || column.kind === "date";
  return (
    <span class="column-picture">
      {isQuantity && column.minimum !== null ? (
        <Span column={column} />
      ) : (
        <Bars column={column} rows={rows} />
      )}
      <span class="muted truncate">{valuesOf(column)}</span>
    </span>
  );
}

/** The profile has no histogram: what it has is where the mean is between the ends. */
function Span({ column: { minimum, maximum, mean } }: { column: Column }) {
  const width = (maximum ?? 0) - (minimum ?? 0);
  const at = width > 0 && mean !== null ? (mean - (minimum ?? 0)) / width : 0.5;
  return (
    <svg class="picture" viewBox="0 0 64 22" width="64" height="22" aria-hidden="true">
      <rect class="ground" x="0" y="9" width="64" height="4" rx="2" />
      <rect class="mark" x={2 + at * 57} y="4" width="3" height="14" rx="1.5" />
    </svg>
  );
}

function Bars({ column, rows }: { column: Column; rows: number }) {
  const shown = column.top.slice(0, SHOWN_BARS);
  const present = Math.max(1, rows - column.missing);
  const shares = shown.map((each) => `${each.value}: ${percent(each.count, present)}`);
  const most = Math.max(1, ...shown.map((each) => each.count));
  return (
    <svg class="picture" viewBox="0 0 64 22" width="64" height="22" aria-hidden="true">
      <title>{shares.join(", ")}</title>
      {shown.map((each, index) => {
        const height = Math.max(1.5, (each.count / most) * 22);
        return (
          <rect key={index} x={index * 8} y={22 - height} width="6" height={height} rx="1.5" />
        );
      })}
    </svg>
  );
}

export function MissingShare({ missing, rows }: { missing: number; rows: number }) {
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

export function valuesOf(column: Column): string {
  if (column.kind === "date") return `${day(column.minimum)} to ${day(column.maximum)}`;
  if (column.minimum !== null && column.kind === "number") {
    return `${quantity(column.minimum)} to ${quantity(column.maximum)}`;
  }
  const values = column.top.slice(0, SHOWN_VALUES).map((each) => shorten(each.value));
  // Of an id the profile lists none.
  if (values.length === 0) return "";
  return values.join(", ") + (column.distinct > values.length ? ", …" : "");
}

function day(seconds: number | null): string {
  return seconds === null ? "–" : new Date(seconds * 1000).toISOString().slice(0, 10);
}

function shorten(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}
