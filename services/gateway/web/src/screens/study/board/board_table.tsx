/** The table of the leaderboard, of which only the rows in sight are drawn. */

import { useTable } from "@tanstack/preact-table";
import type { Header, Row } from "@tanstack/preact-table";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { setQuery } from "../../../router";
import type { LiveTrial } from "../../../state/fold";
import { openTrial } from "../../../state/opened";
import { hovered } from "../../../state/selection";
import { Icon } from "../../../ui/icons";
import { nextSorting, writeSorting } from "./board_query";
import type { Sorting } from "./board_query";
import type { BoardRow } from "./board_rows";
import { RowStop } from "./cells";
import { COLUMNS, columnWidth, features, isNumber } from "./columns";
import type { Features } from "./columns";
import { rowStep } from "./row_keys";
import { useVirtualRows } from "./use_virtual_rows";

interface BoardTableProps {
  data: BoardRow[];
  /** Ids of columns. */
  shown: readonly string[];
  sorting: Sorting;
}

export function BoardTable({ data, shown, sorting }: BoardTableProps) {
  const frame = useRef<HTMLDivElement>(null);
  const columns = useMemo(
    () => COLUMNS.filter((each) => shown.includes(String(each.id))),
    [shown.join()],
  );
  const table = useTable({
    features,
    columns,
    data,
    getRowId: (row) => String(row.trial.number),
    initialState: { sorting: [sorting] },
    enableSortingRemoval: false,
  });
  useEffect(() => table.setSorting([sorting]), [sorting.id, sorting.desc]);
  const rows = table.getRowModel().rows;
  const width = columns.reduce((sum, { id }) => sum + columnWidth(String(id)), 0);
  return (
    <div class="table-frame board-frame" ref={frame} tabIndex={0} role="region" aria-label="Trials">
      <table class="grid board" aria-rowcount={rows.length + 1} style={{ minWidth: `${width}px` }}>
        <colgroup>
          {columns.map(({ id }) => (
            <col key={id} style={{ width: `${columnWidth(String(id))}px` }} />
          ))}
        </colgroup>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => (
                <HeaderCell key={header.id} header={header} sorting={sorting} />
              ))}
            </tr>
          ))}
        </thead>
        <Body frame={frame} rows={rows} Cell={table.FlexRender} />
      </table>
    </div>
  );
}

type TableRow = Row<Features, BoardRow>;
type CellOf = ReturnType<typeof useTable<Features, BoardRow>>["FlexRender"];

interface BodyProps {
  frame: { current: HTMLDivElement | null };
  rows: readonly TableRow[];
  Cell: CellOf;
}

/** By itself: while it is scrolled, nothing else is drawn anew. */
function Body({ frame, rows, Cell }: BodyProps) {
  const virtual = useVirtualRows(frame, rows.length);
  const items = virtual.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  const { current, onKeyDown, onFocus } = useRowKeys(frame, rows, virtual);
  const isInSight = items.some(({ index }) => index === current);
  return (
    <tbody onKeyDown={onKeyDown} onFocusIn={onFocus} onMouseLeave={() => (hovered.value = null)}>
      <Spacer height={first?.start ?? 0} />
      {items.map(({ index }) => {
        const row = rows[index];
        // The keyboard comes in where it was, or at the first row in sight.
        const isStop = isInSight ? index === current : index === first?.index;
        return row && <BodyRow key={row.id} row={row} index={index} isStop={isStop} Cell={Cell} />;
      })}
      <Spacer height={virtual.getTotalSize() - (last?.end ?? 0)} />
    </tbody>
  );
}

/** Arrows, pages and ends move from row to row; the row that one comes to is scrolled into sight. */
function useRowKeys(
  frame: { current: HTMLDivElement | null },
  rows: readonly TableRow[],
  virtual: ReturnType<typeof useVirtualRows>,
) {
  const [current, setCurrent] = useState(0);
  const wanted = useRef<number | null>(null);
  // Before anything else is pressed.
  useLayoutEffect(() => {
    const index = wanted.current;
    const row = index === null ? undefined : rows[index];
    const button = row && frame.current?.querySelector<HTMLElement>(`tr[data-trial="${row.id}"] button`);
    if (!button) return;
    wanted.current = null;
    button.focus({ preventScroll: true });
  });
  return {
    current,
    onFocus: (event: FocusEvent) => {
      const row = (event.target as Element).closest<HTMLElement>("tr[data-index]");
      if (row) setCurrent(Number(row.dataset.index));
    },
    onKeyDown: (event: KeyboardEvent) => {
      const page = Math.max(1, (virtual.range?.endIndex ?? 0) - (virtual.range?.startIndex ?? 0) - 1);
      const next = rowStep(event.key, current, rows.length, page);
      if (next === null || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      wanted.current = next;
      setCurrent(next);
      virtual.scrollToIndex(next);
    },
  };
}

function Spacer({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td style={{ height: `${height}px` }} />
    </tr>
  );
}

interface HeaderCellProps {
  header: Header<Features, BoardRow, unknown>;
  sorting: Sorting;
}

function HeaderCell({ header, sorting }: HeaderCellProps) {
  const { id } = header.column;
  const name = String(header.column.columnDef.header);
  if (id === "pick") {
    return (
      <th scope="col">
        <span class="visually-hidden">{name}</span>
      </th>
    );
  }
  const direction = sorting.desc ? "descending" : "ascending";
  return (
    <th
      scope="col"
      class={isNumber(id) ? "num" : undefined}
      aria-sort={sorting.id === id ? direction : undefined}
    >
      <button
        type="button"
        class="sort"
        onClick={() => setQuery({ sort: writeSorting(nextSorting(sorting, id)) }, { replace: true })}
      >
        {name}
        <Icon name="down" />
      </button>
    </th>
  );
}

interface BodyRowProps {
  row: TableRow;
  index: number;
  /** Where the Tab key stops. */
  isStop: boolean;
  Cell: CellOf;
}

function BodyRow({ row, index, isStop, Cell }: BodyRowProps) {
  const isHovered = hovered.value === row.original.trial.number;
  // A row that stays in sight while others scroll in is not drawn again.
  return useMemo(() => {
    const { trial } = row.original;
    return (
      <tr
        class={[rowLook(row.original), isHovered && "pointed-at"].filter(Boolean).join(" ")}
        data-trial={trial.number}
        data-index={index}
        data-purpose={trial.purpose}
        aria-rowindex={index + 2}
        onMouseEnter={() => (hovered.value = trial.number)}
        onClick={(event) => {
          // The box picks; all else opens.
          if (!(event.target as Element).closest("label")) openTrial(trial.number);
        }}
      >
        <RowStop.Provider value={isStop}>
          {row.getAllCells().map((cell) =>
            cell.column.id === "number" ? (
              <th key={cell.id} scope="row" class="num">
                <Cell cell={cell} />
              </th>
            ) : (
              <td key={cell.id} class={cellLook(cell.column.id)}>
                <Cell cell={cell} />
              </td>
            ),
          )}
        </RowStop.Provider>
      </tr>
    );
  }, [row, index, isStop, isHovered]);
}

function cellLook(id: string): string {
  if (id === "rank") return "num rank";
  return isNumber(id) ? "num" : "";
}

function rowLook(row: BoardRow): string {
  if (row.rank === 1) return "first";
  if (row.trial.baseline) return "baseline";
  const bad: LiveTrial["state"][] = ["FAILED", "CANCELLED"];
  if (bad.includes(row.trial.state)) return "ended-badly";
  return row.trial.state === "RUNNING" ? "running" : "";
}
