/** The event union, defined once: what ARCHITECTURE.md lists under Events. */

import type {
  Baseline,
  ControlFrame,
  CurvePoint,
  Design,
  Engine,
  EventEnvelope,
  EventType,
  FailureReason,
  Purpose,
  StopReason,
  StudyState,
  TrialState,
} from "./types";
import type { Verdict } from "./verdict";

export interface EpochReport extends CurvePoint {
  number: number;
}

export interface TrialMove {
  number: number;
  from: TrialState | null;
  to: TrialState;
  actor: string;
  cohort_id?: string;
  attempt?: number;
  worker_id?: string;
  /** With `from: null` only. */
  design?: Design;
  seed?: number;
  engine?: Engine;
  /** With `from: null` of a trial that is none of the search's. */
  purpose?: Purpose;
  repeat?: number;
  share?: number;
  baseline?: Baseline | null;
  /** With an end only. */
  reason?: FailureReason | null;
  stop_reason?: StopReason | null;
  detail?: string;
  score_val?: number | null;
  val_loss?: number | null;
  best_epoch?: number | null;
  epochs?: number;
  fit_time_seconds?: number | null;
  n_params?: number | null;
  has_model?: boolean;
}

export interface StudyMove {
  from: StudyState;
  to: StudyState;
  actor: string;
  detail?: string;
}

interface EventData {
  "study.created": { state: StudyState };
  "study.designs_added": { designs: Design[] };
  "study.verdict_reached": { verdict: Verdict };
  "study.state_changed": StudyMove;
  /** Only what was changed. */
  "study.described": { name?: string; note?: string; tags?: string[] };
  "study.deleted": Record<string, never>;
  "study.restored": Record<string, never>;
  "cohort.registered": { cohort_id: string; purpose: string; numbers: number[] };
  "cohort.state_changed": { cohort_id: string; from: string; to: string };
  "trial.state_changed": TrialMove;
  "trial.epochs_reported": { cohort_id: string; attempt: number; reports: EpochReport[] };
  "trial.tested": { number: number; score_test: number };
  "trial.evaluated": { number: number; rows: "validation" | "test"; attempt: number };
}

type EventOf<Type extends EventType> = Omit<EventEnvelope, "type" | "data"> & {
  type: Type;
  data: EventData[Type];
};

/** One member for each type that the server's document lists; a missing one doesn't compile. */
export type StudyEvent = { [Type in EventType]: EventOf<Type> }[EventType];

export type Frame = StudyEvent | ControlFrame;
