/** Names for the generated shapes of REST. `npm run types` makes them anew. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type ColumnKind = Schemas["ColumnKind"];
export type Task = Schemas["Task"];
export type Engine = Schemas["Engine"];
export type TrialState = Schemas["TrialState"];
export type StudyState = Schemas["StudyState"];
export type FailureReason = Schemas["FailureReason"];
export type StopReason = Schemas["StopReason"];

export type Column = Schemas["ColumnDocument"];
export type Dataset = Schemas["DatasetDocument"];
export type Sample = Schemas["SampleDocument"];
export type Preset = Schemas["PresetDocument"];
export type Design = Schemas["DesignDocument"];
export type Trial = Schemas["TrialDocument"];
export type TrialWithCurve = Schemas["TrialWithCurve"];
export type CurvePoint = Schemas["CurvePointDocument"];
export type Progress = Schemas["ProgressDocument"];
export type Study = Schemas["StudyDocument"];
export type HalvingMode = Schemas["HalvingMode"];
export type Metric = Study["metric"];
export type StudyRequest = Schemas["StudyRequest"];
export type StudyPage = Schemas["StudyPageDocument"];
export type TrialPage = Schemas["TrialPageDocument"];
export type Problem = Schemas["ProblemDocument"];
export type EventType = Schemas["EventType"];

/** The envelope of an event, whose `data` the union in `events.ts` spells out. */
export type EventEnvelope = Schemas["EventDocument"];
export type ControlFrame =
  | Schemas["HelloFrame"]
  | Schemas["HeartbeatFrame"]
  | Schemas["ResetFrame"];
