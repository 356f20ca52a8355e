/** Names for the generated shapes of REST. `npm run types` makes them anew. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type ColumnKind = Schemas["ColumnKind"];
export type Task = Schemas["Task"];
export type Engine = Schemas["Engine"];
export type Metric = Schemas["Metric"];
export type Search = Schemas["Search"];
export type SplitMethod = Schemas["SplitMethod"];
export type RecipeName = Schemas["RecipeName"];
export type VerdictMode = Schemas["VerdictMode"];
export type Purpose = Schemas["Purpose"];
export type TrialState = Schemas["TrialState"];
export type StudyState = Schemas["StudyState"];
export type FailureReason = Schemas["FailureReason"];
export type StopReason = Schemas["StopReason"];
export type HalvingMode = Schemas["HalvingMode"];

export type Column = Schemas["ColumnDocument"];
export type Dataset = Schemas["DatasetDocument"];

export type Sample = Schemas["SampleDocument"];
export type Preset = Schemas["PresetDocument"];
export type Design = Schemas["DesignDocument"];
export type CurvePoint = Schemas["CurvePointDocument"];
export type StudyRequest = Schemas["StudyRequest"];
export type Problem = Schemas["ProblemDocument"];
export type EventType = Schemas["EventType"];

export type Baseline = Schemas["Baseline"];
export type Trial = Schemas["TrialDocument"];
export type TrialWithCurve = Schemas["TrialWithCurve"];
export type TrialPage = Schemas["TrialPageDocument"];
export type TrialColumns = Schemas["TrialColumnsDocument"];
export type TrialReceipt = Schemas["TrialReceiptDocument"];
export type Verification = Schemas["VerificationDocument"];

/** Where a trial is right and where it is wrong. */
export type Evaluation = Schemas["EvaluationDocument"];
export type EvaluatedRows = Schemas["EvaluatedRows"];
export type EvaluationRun = Schemas["EvaluationRunDocument"];

/** What was predicted before the study was created, and what it took in the end. */
export type StudyEstimate = Schemas["StudyEstimateDocument"];
/** What was predicted of a study that may never be created. */
export type Estimate = Schemas["EstimateDocument"];

export type Progress = Schemas["ProgressDocument"];
export type Study = Schemas["StudyDocument"];
export type StudyPage = Schemas["StudyPageDocument"];
export type Activity = Schemas["ActivityDocument"];
export type ActivityPage = Schemas["ActivityPageDocument"];

/** The envelope of an event, whose `data` the union in `events.ts` spells out. */
export type EventEnvelope = Schemas["EventDocument"];
export type ControlFrame =
  | Schemas["HelloFrame"]
  | Schemas["HeartbeatFrame"]
  | Schemas["ResetFrame"];
