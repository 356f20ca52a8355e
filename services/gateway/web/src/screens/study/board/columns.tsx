/** The leaderboard's columns. Their ids are the server's names of the fields. */

import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
} from "@tanstack/preact-table";
import type { Design } from "../../../api/types";
import { fieldWords } from "../../../format/design_words";
import { score, utility } from "../../../format/metric";
import * as numbers from "../../../format/numbers";
import { duration } from "../../../format/time";
import type { BoardRow } from "./board_rows";
import {
  DesignCell,
  EpochsCell,
  NumberCell,
  PickCell,
  PurposeCell,
  ScoreCell,
  StateCell,
} from "./cells";

export const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});
export type Features = typeof features;
const column = createColumnHelper<Features, BoardRow>();

/** A design's field; a baseline has none. */
function ofDesign(
  field: keyof Design,
  header: string,
  format: (value: number) => string = String,
) {
  const read = ({ trial }: BoardRow): string | number | undefined => {
    const value = trial.baseline ? undefined : trial.design[field];
    if (value === null || value === undefined || typeof value === "object") return undefined;
    return typeof value === "boolean" ? (value ? "yes" : "no") : value;
  };
  return column.accessor(read, {
    id: field,
    header,
    sortUndefined: "last",
    cell: ({ getValue }) => {
      const value = getValue();
      if (value === undefined) return <span class="muted">–</span>;
      if (value === "none" || value === "no") return <span class="muted">{value}</span>;
      return typeof value === "number" ? format(value) : value;
    },
  });
}

export const COLUMNS = column.columns([
  column.display({
    id: "pick",
    header: "Pick",
    cell: ({ row }) => <PickCell number={row.original.trial.number} />,
  }),
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
    id: "score_val",
    header: "Score",
    sortUndefined: "last",
    sortDescFirst: true,
    cell: ({ row }) => <ScoreCell row={row.original} />,
  }),
  column.accessor(({ trial, metric }) => testUtility(trial.score_test, metric), {
    id: "score_test",
    header: "Test score",
    sortUndefined: "last",
    sortDescFirst: true,
    cell: ({ row }) => score(row.original.trial.score_test, row.original.metric),
  }),
  column.accessor((row) => row.trial.n_layers, {
    id: "n_layers",
    header: "Layers",
    cell: ({ row }) => <DesignCell trial={row.original.trial} />,
  }),
  ofDesign("activation", "Activation"),
  ofDesign("norm", "Norm"),
  ofDesign("dropout", "Dropout", numbers.rate),
  ofDesign("residual", "Residual"),
  ofDesign("optimizer", "Optimizer"),
  ofDesign("learning_rate", "Learning rate", numbers.rate),
  ofDesign("weight_decay", "Weight decay", numbers.rate),
  ofDesign("batch_size", "Batch size"),
  ofDesign("momentum", "Momentum", numbers.rate),
  ofDesign("schedule", "Schedule"),
  ofDesign("warmup_epochs", "Warm-up epochs"),
  ofDesign("class_weight", "Class weights"),
  ofDesign("recipe", "Recipe"),
  ofDesign("missing_indicators", "Missing indicators"),
  ofDesign("group_rare", "Rare grouped"),
  column.accessor((row) => row.trial.n_params ?? undefined, {
    id: "n_params",
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
    id: "fit_time_seconds",
    header: "Time",
    sortUndefined: "last",
    cell: ({ getValue }) => duration(getValue()),
  }),
  column.accessor((row) => row.trial.val_loss ?? undefined, {
    id: "val_loss",
    header: "Validation loss",
    sortUndefined: "last",
    cell: ({ getValue }) => numbers.quantity(getValue() ?? null),
  }),
  column.accessor((row) => row.trial.attempt, { id: "attempt", header: "Attempt" }),
  column.accessor((row) => row.trial.worker_id, { id: "worker_id", header: "Worker" }),
  column.accessor((row) => row.trial.state, {
    id: "state",
    header: "State",
    cell: ({ row }) => <StateCell trial={row.original.trial} />,
  }),
]);

function testUtility(value: number | null, metric: BoardRow["metric"]): number | undefined {
  return value === null ? undefined : utility(value, metric);
}

export const COLUMN_IDS: readonly string[] = COLUMNS.map(({ id }) => String(id));

/** Of the search alone, all would be for the same. */
export const USUAL: readonly string[] = [
  "pick", "rank", "number", "purpose", "score_val", "n_layers", "activation", "norm", "optimizer",
  "learning_rate", "n_params", "epochs", "fit_time_seconds", "state",
];

const NUMBERS = new Set([
  "rank", "number", "score_val", "score_test", "dropout", "learning_rate", "weight_decay",
  "batch_size", "momentum", "warmup_epochs", "n_params", "epochs", "fit_time_seconds", "val_loss",
  "attempt",
]);

export function isNumber(id: string): boolean {
  return NUMBERS.has(id);
}

const WIDTHS: Readonly<Record<string, number>> = {
  pick: 60, rank: 64, number: 76, score_val: 108, n_layers: 220, purpose: 180, state: 130,
  fit_time_seconds: 92, epochs: 104, norm: 88, worker_id: 160, learning_rate: 122,
};

/** In pixels; rows that scroll in must not move the columns. */
export function columnWidth(id: string): number {
  return WIDTHS[id] ?? 116;
}

/** Its header, where a list of columns has it. */
export function columnName(id: string): string {
  const header = COLUMNS.find((each) => each.id === id)?.header;
  return typeof header === "string" ? header : fieldWords(id);
}
