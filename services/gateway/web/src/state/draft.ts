/** What has been chosen for a study that isn't started yet. It survives a reload. */

import type { ColumnKind, Dataset, Engine, HalvingMode, StudyRequest, Task } from "../api/types";

export interface Draft {
  target: string;
  /** Empty: what the server infers. */
  task: Task | "";
  preset: string;
  /** As typed, so that a half-typed number stays what it is. */
  designs: string;
  minutes: string;
  epochs: string;
  seed: string;
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
    designs: "64",
    minutes: "",
    epochs: "",
    seed: "0",
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

/** The first field that can't be sent as it is, and why; null when all can. */
export function draftComplaint(draft: Draft): { field: keyof Draft; text: string } | null {
  if (!draft.target) return { field: "target", text: "Choose the column to predict." };
  if (!isWhole(draft.designs, 1, 100_000) && !(draft.designs === "" && draft.minutes !== "")) {
    return { field: "designs", text: "A whole number from 1 to 100,000." };
  }
  if (draft.minutes !== "" && !(Number(draft.minutes) > 0 && Number(draft.minutes) <= 10_080)) {
    return { field: "minutes", text: "More than 0 minutes, at most a week." };
  }
  if (draft.epochs !== "" && !isWhole(draft.epochs, 1, 10_000)) {
    return { field: "epochs", text: "A whole number from 1 to 10,000." };
  }
  if (!isWhole(draft.seed, 0, Number.MAX_SAFE_INTEGER)) {
    return { field: "seed", text: "A whole number, 0 or more." };
  }
  return null;
}

function isWhole(text: string, low: number, high: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= low && Number(text) <= high;
}

/** Call only when `draftComplaint` is null. */
export function requestOf(datasetId: string, draft: Draft): StudyRequest {
  const request: StudyRequest = {
    dataset_id: datasetId,
    target: draft.target,
    preset: draft.preset,
    engine: draft.engine,
    halving: draft.halving,
    seed: Number(draft.seed),
    budget: {
      ...(draft.designs !== "" && { max_trials: Number(draft.designs) }),
      ...(draft.minutes !== "" && { time_seconds: Number(draft.minutes) * 60 }),
      ...(draft.epochs !== "" && { max_epochs: Number(draft.epochs) }),
    },
  };
  if (draft.task) request.task = draft.task;
  if (draft.name.trim()) request.name = draft.name.trim();
  if (Object.keys(draft.kinds).length > 0) request.column_kinds = draft.kinds;
  return request;
}
