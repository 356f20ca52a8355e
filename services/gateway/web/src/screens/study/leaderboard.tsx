/** Every trial that has been heard of, best first; those in training with what they have so far. */

import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
} from "@tanstack/preact-table";
import type { Header, Row } from "@tanstack/preact-table";
import { useMemo, useState } from "preact/hooks";
import { count } from "../../format/numbers";
import type { LiveTrial, StudyView } from "../../state/fold";
import { Blank } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { boardRows } from "./board_rows";
import type { BoardRow } from "./board_rows";
import { EpochsCell, LayersCell, ScoreCell, StateCell } from "./cells";
import * as numbers from "../../format/numbers";
import { duration } from "../../format/time";

const PAGE = 100;

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});
type Features = typeof features;
const column = createColumnHelper<Features, BoardRow>();

const COLUMNS = column.columns([
  column.accessor((row) => row.rank ?? undefined, {
    id: "rank",
    header: "Rank",
    sortUndefined: "last",
    cell: ({ row }) => row.original.rank ?? "–",
  }),
  column.accessor((row) => row.trial.number, { id: "number", header: "Trial" }),
  column.accessor((row) => row.score ?? undefined, {
    id: "score",
    header: "Score",
    sortUndefined: "last",
    sortDescFirst: true,
    cell: ({ row }) => <ScoreCell row={row.original} />,
  }),
  column.accessor((row) => row.trial.n_layers, {
    id: "layers",
    header: "Layers",
    cell: ({ row }) => <LayersCell design={row.original.trial.design} />,
  }),
  column.accessor((row) => row.trial.design.activation, { id: "activation", header: "Activation" }),
  column.accessor((row) => row.trial.design.norm, {
    id: "norm",
    header: "Norm",
    cell: ({ getValue }) => (getValue() === "none" ? <span class="muted">none</span> : getValue()),
  }),
  column.accessor((row) => row.trial.design.optimizer, { id: "optimizer", header: "Optimizer" }),
  column.accessor((row) => row.trial.design.learning_rate, {
    id: "rate",
    header: "Learning rate",
    cell: ({ getValue }) => numbers.rate(getValue()),
  }),
  column.accessor((row) => row.trial.n_params ?? undefined, {
    id: "params",
    header: "Parameters",
    sortUndefined: "last",
    cell: ({ getValue }) => numbers.compact(getValue()),
  }),
  column.accessor((row) => row.epochs, {
    id: "epochs",
    header: "Epochs",
    cell: ({ row }) => <EpochsCell row={row.original} />,
  }),
  column.accessor((row) => row.seconds ?? undefined, {
    id: "time",
    header: "Time",
    sortUndefined: "last",
    cell: ({ getValue }) => duration(getValue()),
  }),
  column.accessor((row) => row.trial.state, {
    id: "state",
    header: "State",
    cell: ({ row }) => <StateCell trial={row.original.trial} />,
  }),
]);

const RIGHT = new Set(["rank", "number", "score", "rate", "params", "epochs", "time"]);

export function Leaderboard({ view }: { view: StudyView }) {
  const data = useMemo(() => boardRows(view), [view]);
  const [shown, setShown] = useState(PAGE);
  const table = useTable({
    features,
    columns: COLUMNS,
    data,
    getRowId: (row) => String(row.trial.number),
    initialState: { sorting: [{ id: "score", desc: true }] },
    enableSortingRemoval: false,
  });
  const rows = table.getRowModel().rows;
  const visible = rows.slice(0, shown);
  return (
    <Panel title="Leaderboard" subtitle={subtitle(view)} flush class="leaderboard">
      {rows.length === 0 ? (
        <NoTrials view={view} />
      ) : (
        <>
          <div class="table-frame" tabIndex={0} role="region" aria-label="Trials">
            <table class="grid">
              <thead>
                {table.getHeaderGroups().map((group) => (
                  <tr key={group.id}>
                    {group.headers.map((header) => (
                      <HeaderCell key={header.id} header={header} />
                    ))}
                  </tr>
                ))}
              </thead>
              <tbody>
                {visible.map((row) => (
                  <BodyRow key={row.id} row={row} Cell={table.FlexRender} />
                ))}
              </tbody>
            </table>
          </div>
          <div class="table-foot">
            <span data-testid="shown">
              {count(visible.length)} of {count(rows.length)}
            </span>
            {rows.length > shown && (
              <button
                type="button"
                class="btn btn-quiet btn-small"
                onClick={() => setShown(shown + PAGE)}
              >
                Show {count(Math.min(PAGE, rows.length - shown))} more
              </button>
            )}
          </div>
        </>
      )}
    </Panel>
  );
}

function subtitle(view: StudyView): string {
  return view.study.progress.running > 0
    ? "Designs in training stand where their best epoch so far would put them"
    : "By validation score; of equals, the smaller network first";
}

function NoTrials({ view }: { view: StudyView }) {
  const waiting = view.study.state === "PENDING" || view.study.state === "RUNNING";
  return (
    <Blank
      icon="chart"
      title="No designs yet"
      text={
        waiting ? "The first ones are being planned." : "The study ended before it planned any."
      }
    />
  );
}

function HeaderCell({ header }: { header: Header<Features, BoardRow, unknown> }) {
  const sorted = header.column.getIsSorted();
  const direction = sorted === "desc" ? "descending" : "ascending";
  return (
    <th
      scope="col"
      class={RIGHT.has(header.column.id) ? "num" : undefined}
      aria-sort={sorted ? direction : undefined}
    >
      <button type="button" class="sort" onClick={() => header.column.toggleSorting()}>
        {String(header.column.columnDef.header)}
        <Icon name="down" />
      </button>
    </th>
  );
}

interface BodyRowProps {
  row: Row<Features, BoardRow>;
  Cell: ReturnType<typeof useTable<Features, BoardRow>>["FlexRender"];
}

function BodyRow({ row, Cell }: BodyRowProps) {
  return (
    <tr class={rowLook(row.original)} data-trial={row.original.trial.number}>
      {row.getAllCells().map((cell) => (
        <td
          key={cell.id}
          class={`${RIGHT.has(cell.column.id) ? "num" : ""} ${cell.column.id === "rank" ? "rank" : ""}`}
        >
          <Cell cell={cell} />
        </td>
      ))}
    </tr>
  );
}

function rowLook(row: BoardRow): string {
  if (row.rank === 1) return "first";
  const bad: LiveTrial["state"][] = ["FAILED", "CANCELLED"];
  if (bad.includes(row.trial.state)) return "ended-badly";
  return row.trial.state === "RUNNING" ? "running" : "";
}
