/** What has been chosen for a study that isn't started yet. It survives a reload. */

import type {
  ColumnKind,
  Dataset,
  Engine,
  HalvingMode,
  Metric,
  RecipeName,
  Search,
  SplitMethod,
  StudyRequest,
  Task,
  VerdictMode,
} from "../api/types";
import { defaultMetric, metricsOf } from "../format/metric";
import { parseDesigns } from "./own_designs";
import { inferTask } from "./target";

export interface Draft {
  target: string;
  /** Empty: what the server infers. */
  task: Task | "";
  preset: string;
  search: Search;
  /** Empty: the task's. */
  metric: Metric | "";
  verdict: VerdictMode;
  splitMethod: SplitMethod;
  /** Of the groups, or of the times. */
  splitColumn: string;
  /** `choose`: preparation is part of what is searched. */
  recipe: RecipeName | "choose";
  /** As typed, so that a half-typed number stays what it is. */
  folds: string;
  maxParams: string;
  designs: string;
  minutes: string;
  epochs: string;
  seed: string;
  /** JSON, as typed. */
  ownDesigns: string;
  engine: Engine;
  halving: HalvingMode;
  kinds: Record<string, ColumnKind>;
  name: string;
}

export function freshDraft(dataset: Dataset): Draft {
  return {
    target: dataset.suggested_target,
    task: "",
    preset: "balanced",
    search: "random",
    metric: "",
    verdict: "auto",
    splitMethod: "stratified",
    splitColumn: "",
    recipe: "paper",
    folds: "5",
    maxParams: "",
    designs: "64",
    minutes: "",
    epochs: "",
    seed: "0",
    ownDesigns: "",
    engine: "fused",
    halving: "auto",
    kinds: {},
    name: "",
  };
}

const key = (datasetId: string): string => `layerlab.draft.${datasetId}`;

export function loadDraft(dataset: Dataset): Draft {
  const fresh = freshDraft(dataset);
  try {
    const saved = JSON.parse(sessionStorage.getItem(key(dataset.dataset_id)) ?? "{}") as object;
    return { ...fresh, ...saved };
  } catch {
    return fresh;
  }
}

export function saveDraft(datasetId: string, draft: Draft): void {
  sessionStorage.setItem(key(datasetId), JSON.stringify(draft));
}

export function forgetDraft(datasetId: string): void {
  sessionStorage.removeItem(key(datasetId));
}

export function taskOf(dataset: Dataset, draft: Draft): Task {
  return draft.task || inferTask(dataset, draft.target);
}

/** The chosen metric, unless the task has changed since. */
export function metricOf(task: Task, draft: Draft): Metric {
  const fits = draft.metric !== "" && metricsOf(task).includes(draft.metric);
  return fits && draft.metric ? draft.metric : defaultMetric(task);
}

/** The first field that can't be sent as it is, and why; null when all can. */
export function draftComplaint(draft: Draft): { field: keyof Draft; text: string } | null {
  if (!draft.target) return { field: "target", text: "Choose the column to predict." };
  for (const check of CHECKS) {
    const text = check.wrong(draft);
    if (text !== null) return { field: check.field, text };
  }
  return null;
}

interface Check {
  field: keyof Draft;
  /** Why the field can't be sent; null when it can. */
  wrong: (draft: Draft) => string | null;
}

const CHECKS: readonly Check[] = [
  {
    field: "designs",
    wrong: ({ designs, minutes }) =>
      designs === "" && minutes !== "" ? null : wholeNumber(designs, 1, 100_000),
  },
  {
    field: "minutes",
    wrong: ({ minutes }) =>
      minutes === "" || (Number(minutes) > 0 && Number(minutes) <= 10_080)
        ? null
        : "More than 0 minutes, at most a week.",
  },
  { field: "maxParams", wrong: ({ maxParams }) => optionalWhole(maxParams, 1, 1e12) },
  { field: "epochs", wrong: ({ epochs }) => optionalWhole(epochs, 1, 10_000) },
  { field: "folds", wrong: ({ folds }) => wholeNumber(folds, 3, 10) },
  {
    field: "splitColumn",
    wrong: ({ splitMethod, splitColumn, target }) => {
      if (splitMethod === "stratified") return null;
      if (splitColumn === target) return "Not the column to predict.";
      return splitColumn === "" ? "Choose the column to split by." : null;
    },
  },
  {
    field: "seed",
    wrong: ({ seed }) =>
      isWhole(seed, 0, Number.MAX_SAFE_INTEGER) ? null : "A whole number, 0 or more.",
  },
  {
    field: "ownDesigns",
    wrong: ({ ownDesigns }) => {
      const parsed = parseDesigns(ownDesigns);
      return typeof parsed === "string" ? parsed : null;
    },
  },
];

function optionalWhole(text: string, low: number, high: number): string | null {
  return text === "" ? null : wholeNumber(text, low, high);
}

function wholeNumber(text: string, low: number, high: number): string | null {
  if (isWhole(text, low, high)) return null;
  return `A whole number from ${low} to ${high.toLocaleString("en-US")}.`;
}

function isWhole(text: string, low: number, high: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= low && Number(text) <= high;
}

/** Call only when `draftComplaint` is null. What is left as it was is not said. */
export function requestOf(datasetId: string, draft: Draft): StudyRequest {
  const request: StudyRequest = {
    dataset_id: datasetId,
    target: draft.target,
    preset: draft.preset,
    engine: draft.engine,
    halving: draft.halving,
    seed: Number(draft.seed),
    verdict: draft.verdict,
    search: draft.search,
    budget: {
      ...(draft.designs !== "" && { max_trials: Number(draft.designs) }),
      ...(draft.minutes !== "" && { time_seconds: Number(draft.minutes) * 60 }),
      ...(draft.epochs !== "" && { max_epochs: Number(draft.epochs) }),
    },
    ...preparation(draft),
  };
  if (draft.task) request.task = draft.task;
  if (draft.metric) request.metric = draft.metric;
  if (draft.splitMethod !== "stratified" || draft.folds !== "5") request.split = splitOf(draft);
  if (draft.maxParams !== "") request.constraints = { max_params: Number(draft.maxParams) };
  const designs = parseDesigns(draft.ownDesigns);
  if (typeof designs !== "string" && designs.length > 0) request.designs = designs;
  if (draft.name.trim()) request.name = draft.name.trim();
  if (Object.keys(draft.kinds).length > 0) request.column_kinds = draft.kinds;
  return request;
}

function splitOf({ splitMethod, splitColumn, folds }: Draft): StudyRequest["split"] {
  const column = splitMethod === "stratified" ? null : splitColumn;
  return { method: splitMethod, column, folds: Number(folds) };
}

function preparation({ recipe }: Draft): Pick<StudyRequest, "recipe" | "space"> {
  if (recipe !== "choose") return { recipe };
  return {
    space: {
      recipe: ["paper", "standard", "quantile"],
      missing_indicators: [false, true],
      group_rare: [false, true],
    },
  };
}
