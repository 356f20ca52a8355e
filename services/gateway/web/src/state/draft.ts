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
  Task,
  VerdictMode,
} from "../api/types";
import { defaultMetric, metricsOf } from "../format/metric";
import type { SpaceForm } from "./draft_space";
import type { TextFault } from "./draft_space_yaml";
import { inferTask } from "./target";

export interface Draft {
  target: string;
  /** Empty: what the server infers. */
  task: Task | "";
  preset: string;
  /** The fields of a design that aren't left to the preset. */
  space: SpaceForm;
  /** The space as YAML while it is edited as text, with its comments; empty: made from `space`. */
  spaceText: string;
  /** Why `space` isn't yet what the text says. */
  spaceFault: TextFault | null;
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
  maxTrialSeconds: string;
  designs: string;
  minutes: string;
  epochs: string;
  seed: string;
  /** JSON, as typed. */
  ownDesigns: string;
  engine: Engine;
  /** `own`: by `halvingFactor` and `halvingEpochs`. */
  halving: HalvingMode | "own";
  halvingFactor: string;
  halvingEpochs: string;
  kinds: Record<string, ColumnKind>;
  name: string;
}

export function freshDraft(dataset: Dataset): Draft {
  return {
    target: dataset.suggested_target,
    task: "",
    preset: "balanced",
    space: {},
    spaceText: "",
    spaceFault: null,
    search: "random",
    metric: "",
    verdict: "auto",
    splitMethod: "stratified",
    splitColumn: "",
    recipe: "paper",
    folds: "5",
    maxParams: "",
    maxTrialSeconds: "",
    designs: "64",
    minutes: "",
    epochs: "",
    seed: "0",
    ownDesigns: "",
    engine: "fused",
    halving: "auto",
    halvingFactor: "3",
    halvingEpochs: "1",
    kinds: {},
    name: "",
  };
}

export function taskOf(dataset: Dataset, draft: Draft): Task {
  return draft.task || inferTask(dataset, draft.target);
}

/** The chosen metric, unless the task has changed since. */
export function metricOf(task: Task, draft: Draft): Metric {
  const fits = draft.metric !== "" && metricsOf(task).includes(draft.metric);
  return fits && draft.metric ? draft.metric : defaultMetric(task);
}

/** The user's corrections of the features; what the target is, the task says. */
export function kindsOf({ kinds, target }: Draft): Record<string, ColumnKind> {
  return Object.fromEntries(Object.entries(kinds).filter(([name]) => name !== target));
}
