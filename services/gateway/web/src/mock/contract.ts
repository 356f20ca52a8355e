/** Shapes of answers that the mock makes beside those of `api/types.ts`. */

import type { EventType, Purpose, Study, Trial, TrialState } from "../api/types";

/** What a user writes about a study. */
export interface Notes {
  name: string;
  note: string;
  tags: string[];
  deleted_at: string | null;
}

export type DescribedStudy = Study & Notes;

/** A trial with what has been heard of it while it trains. */
export interface MockTrial extends Trial {
  live: import("../api/types").CurvePoint | null;
  live_score: number | null;
}

/** One array a field, all of one length. */
export type Columns = Record<string, unknown[]>;

export interface TrialColumns {
  /** Events after it are not in the columns yet. */
  seq: number;
  count: number;
  columns: Columns;
}

export interface ActivityEntry {
  seq: number;
  time: string;
  type: EventType | "study.described" | "study.deleted" | "study.restored";
  subject: string;
  data: unknown;
}

export interface TrialFilter {
  where: string[];
  query: string;
  states: TrialState[];
  purposes: Purpose[];
  orderBy: string;
}
