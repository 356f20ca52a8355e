/** A study as it is at its creation. */

import type { Dataset, Study, StudyRequest, StudyState } from "../api/types";
import { defaultMetric } from "../format/metric";
import type { DescribedStudy } from "./contract";

const ESTIMATED: Study["estimate"] = {
  estimate_id: "mock",
  seconds_low: 62,
  seconds_high: 118,
  bytes_low: 3.1e8,
  bytes_high: 4.2e8,
  trials: 64,
  is_rough: false,
  actual_seconds: null,
};

export function blankStudy(
  id: string,
  dataset: Dataset,
  request: StudyRequest,
  createdAt: number,
): DescribedStudy {
  const task = request.task ?? dataset.suggested_task;
  const state: StudyState = "PENDING";
  return {
    study_id: id,
    name: request.name ?? `${request.target} of ${dataset.name}`,
    note: "",
    tags: [],
    deleted_at: null,
    state,
    detail: "",
    dataset_id: dataset.dataset_id,
    dataset_name: dataset.name,
    target: request.target,
    task,
    metric: request.metric ?? defaultMetric(task),
    preset: request.preset ?? "balanced",
    space: {},
    search: request.search ?? "random",
    recipe: request.recipe ?? "paper",
    engine: request.engine ?? "fused",
    halving: request.halving === "off" ? "off" : { factor: 3, min_epochs: 1 },
    seed: request.seed ?? 0,
    column_kinds: {},
    split: { method: "stratified", column: null, folds: 5 },
    constraints: { max_params: null, max_trial_seconds: null },
    designs: [],
    verdict: request.verdict ?? "auto",
    verdict_headline: null,
    kind: "study",
    replay: null,
    estimate: request.estimate_id ? ESTIMATED : null,
    budget: { max_trials: request.budget?.max_trials ?? 64, max_epochs: 200, time_seconds: null },
    progress: {
      done: 0,
      total: request.budget?.max_trials ?? 64,
      running: 0,
      elapsed_seconds: 0,
      eta_low_seconds: null,
      eta_high_seconds: null,
    },
    best: null,
    seq: 0,
    created_at: new Date(createdAt).toISOString(),
    started_at: null,
    ended_at: null,
  };
}
