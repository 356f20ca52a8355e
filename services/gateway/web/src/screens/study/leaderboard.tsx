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
import type { Design } from "../../api/types";
import { PURPOSE_WORDS } from "../../format/design_words";
import { metricLabel } from "../../format/metric";
import { count } from "../../format/numbers";
import { openTrial } from "../../state/opened";
import { isOfSearch } from "../../state/fold";
import type { LiveTrial, StudyView } from "../../state/fold";
import { brushes } from "../../state/selection";
import { Blank } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { boardRows, countPurposes } from "./board_rows";
import type { BoardRow, PurposeFilter } from "./board_rows";
import { DesignCell, EpochsCell, NumberCell, PurposeCell, ScoreCell, StateCell } from "./cells";
import { SelectionBar } from "./plots/selection_bar";
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

/** A design's field; a baseline has none. */
function ofDesign<Value extends string | number>(
  id: string,
  header: string,
  read: (design: Design) => Value,
  format: (value: Value) => string = String,
) {
  return column.accessor((row) => (row.trial.baseline ? undefined : read(row.trial.design)), {
    id,
    header,
    sortUndefined: "last",
    cell: ({ row }) => {
      if (row.original.trial.baseline) return <span class="muted">–</span>;
      const text = format(read(row.original.trial.design));
      return text === "none" ? <span class="muted">none</span> : text;
    },
  });
}

const COLUMNS = column.columns([
  column.accessor((row) => row.rank ?? undefined, {
    id: "rank",
    header: "Rank",
    sortUndefined: "last",
    cell: ({ row }) => row.original.rank ?? "–",
  }),
  column.accessor((row) => row.trial.number, {
    id: "number",
    header: "Trial",
    cell: ({ row }) => <NumberCell number={row.original.trial.number} />,
  }),
  column.accessor((row) => row.trial.purpose, {
    id: "purpose",
    header: "For",
    cell: ({ row }) => <PurposeCell trial={row.original.trial} />,
  }),
  column.accessor((row) => row.utility ?? undefined, {
    id: "score",
    header: "Score",
    sortUndefined: "last",
    sortDescFirst: true,
    cell: ({ row }) => <ScoreCell row={row.original} />,
  }),
  column.accessor((row) => row.trial.n_layers, {
    id: "layers",
    header: "Layers",
    cell: ({ row }) => <DesignCell trial={row.original.trial} />,
  }),
  ofDesign("activation", "Activation", ({ activation }) => activation),
  ofDesign("norm", "Norm", ({ norm }) => norm),
  ofDesign("optimizer", "Optimizer", ({ optimizer }) => optimizer),
  ofDesign("rate", "Learning rate", ({ learning_rate }) => learning_rate, numbers.rate),
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
  const [filter, setFilter] = useState<PurposeFilter>("search");
  const chosen = brushes.value;
  const data = useMemo(() => boardRows(view, filter, chosen), [view, filter, chosen]);
  const columns = useMemo(() => columnsFor(filter), [filter]);
  const [shown, setShown] = useState(PAGE);
  const table = useTable({
    features,
    columns,
    data,
    getRowId: (row) => String(row.trial.number),
    initialState: { sorting: [{ id: "score", desc: true }] },
    enableSortingRemoval: false,
  });
  const rows = table.getRowModel().rows;
  const visible = rows.slice(0, shown);
  return (
    <Panel
      title="Leaderboard"
      subtitle={subtitle(view)}
      flush
      class="leaderboard"
      actions={<PurposeChoice view={view} filter={filter} onChoose={setFilter} />}
    >
      {chosen.length > 0 && <SelectionBar studyId={view.study.study_id} trials={searched(view)} />}
      {rows.length === 0 ? (
        <NoTrials view={view} isFiltered={chosen.length > 0} />
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

// Of the search alone, they would all say the same.
function columnsFor(filter: PurposeFilter) {
  return filter === "search" ? COLUMNS.filter((each) => each.id !== "purpose") : COLUMNS;
}

interface PurposeChoiceProps {
  view: StudyView;
  filter: PurposeFilter;
  onChoose: (filter: PurposeFilter) => void;
}

/** Nothing to choose from as long as there is only the search. */
function PurposeChoice({ view, filter, onChoose }: PurposeChoiceProps) {
  const counts = countPurposes(view);
  if (counts.length < 2) return null;
  return (
    <div class="segments" role="group" aria-label="Trials shown">
      {counts.map(({ purpose, trials }) => (
        <button
          key={purpose}
          type="button"
          aria-pressed={filter === purpose}
          onClick={() => onChoose(purpose)}
        >
          {PURPOSE_WORDS[purpose]} <span class="count">{count(trials)}</span>
        </button>
      ))}
      <button type="button" aria-pressed={filter === "all"} onClick={() => onChoose("all")}>
        All <span class="count">{count(view.trials.size)}</span>
      </button>
    </div>
  );
}

function subtitle(view: StudyView): string {
  return view.study.progress.running > 0
    ? "Designs in training stand where their best epoch so far would put them"
    : `By validation ${metricLabel(view.study.metric)}; of equals, the smaller network first`;
}

function searched(view: StudyView): LiveTrial[] {
  return [...view.trials.values()].filter(isOfSearch);
}

function NoTrials({ view, isFiltered }: { view: StudyView; isFiltered: boolean }) {
  if (isFiltered) {
    return <Blank icon="search" title="None of the designs" text="Clear a condition to see more." />;
  }
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
  const { trial } = row.original;
  return (
    <tr
      class={rowLook(row.original)}
      data-trial={trial.number}
      data-purpose={trial.purpose}
      onClick={() => openTrial(trial.number)}
    >
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
  if (row.trial.baseline) return "baseline";
  const bad: LiveTrial["state"][] = ["FAILED", "CANCELLED"];
  if (bad.includes(row.trial.state)) return "ended-badly";
  return row.trial.state === "RUNNING" ? "running" : "";
}
