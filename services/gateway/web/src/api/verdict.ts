/** A verdict as the server writes it: in `GET …/verdict`, and in `study.verdict_reached`. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Interval = Schemas["IntervalDocument"];
export type Contender = Schemas["ContenderDocument"];
export type Comparison = Schemas["ComparisonDocument"];
export type Effect = Schemas["EffectDocument"];
export type Importance = Schemas["ImportanceDocument"];
export type CurveStep = Schemas["CurveStepDocument"];
export type Relation = Schemas["Relation"];
export type Outcome = Schemas["Outcome"];

export type VerdictAnswer = Schemas["VerdictDocument"];
/** As in the event, which leaves out what the study says itself. */
export type Verdict = Omit<VerdictAnswer, "study_id" | "state">;
