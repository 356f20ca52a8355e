/** Words for designs, states and reasons. */

import type { Design, StudyState, TrialState } from "../api/types";

/** `128 × 64`; a design without hidden layers is a linear model. */
export function layers(hidden: readonly number[]): string {
  return hidden.length === 0 ? "linear" : hidden.join(" × ");
}

export function designSummary(design: Design): string {
  const parts = [layers(design.hidden), design.activation];
  if (design.norm !== "none") parts.push(`${design.norm} norm`);
  if (design.residual) parts.push("residual");
  if (design.dropout > 0) parts.push(`dropout ${Number(design.dropout.toPrecision(2))}`);
  parts.push(design.optimizer, ...trainingWords(design));
  return parts.join(" · ");
}

function trainingWords(design: Design): string[] {
  const words: string[] = [];
  if (design.schedule !== "constant") words.push(`${design.schedule} schedule`);
  if (design.warmup_epochs > 0) words.push(`warm-up ${warmupWords(design.warmup_epochs)}`);
  if (design.class_weight !== "none") words.push(`${design.class_weight} classes`);
  if (design.recipe !== null) words.push(`${design.recipe} recipe`);
  if (design.missing_indicators) words.push("missing indicators");
  if (design.group_rare) words.push("rare categories grouped");
  return words;
}

function warmupWords(epochs: number): string {
  return epochs === 1 ? "1 epoch" : `${Number(epochs.toPrecision(2))} epochs`;
}

export const STUDY_STATE_WORDS: Record<StudyState, string> = {
  PENDING: "Waiting",
  RUNNING: "Running",
  SUSPENDED: "Suspended",
  STOPPING: "Stopping",
  SUCCEEDED: "Succeeded",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

export const TRIAL_STATE_WORDS: Record<TrialState, string> = {
  PENDING: "Planned",
  QUEUED: "Queued",
  RUNNING: "Training",
  SUCCEEDED: "Done",
  PRUNED: "Dropped early",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

const REASON_WORDS: Record<string, string> = {
  WORKER_LOST: "its trainer was lost",
  OUT_OF_MEMORY: "out of memory",
  NAN_LOSS: "the loss was no longer a number",
  TRIAL_TIMEOUT: "took too long",
  INVALID_DESIGN: "the design can't be built",
  INTERNAL: "an internal error",
  max_epochs: "reached the last epoch",
  early_stopping: "stopped improving",
  time_budget: "the time budget was used up",
  rung: "weaker than the others of its cohort",
  replayed: "trained as long as the one that it repeats",
};

export function reasonWords(reason: string): string {
  return REASON_WORDS[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}

const ENDED_STUDIES: ReadonlySet<StudyState> = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
const ENDED_TRIALS: ReadonlySet<TrialState> = new Set([
  "SUCCEEDED",
  "PRUNED",
  "FAILED",
  "CANCELLED",
]);

export function isEndedStudy(state: StudyState): boolean {
  return ENDED_STUDIES.has(state);
}

export function isEndedTrial(state: TrialState): boolean {
  return ENDED_TRIALS.has(state);
}
