/** What the first screen will ask for, asked for while its code is still on its way. */

import { getStudy, getTrialColumns } from "./client";
import type { Study, TrialColumns } from "./types";

export interface StudyRead {
  study: Promise<Study>;
  trials: Promise<TrialColumns>;
}

let ahead: { studyId: string; read: StudyRead } | null = null;

export function startStudy(studyId: string): void {
  ahead = { studyId, read: readStudy(studyId) };
}

/** The first time what has been started, if it is of this study; else it starts now. */
export function takeStudy(studyId: string): StudyRead {
  const started = ahead;
  ahead = null;
  return started?.studyId === studyId ? started.read : readStudy(studyId);
}

function readStudy(studyId: string): StudyRead {
  const read = { study: getStudy(studyId), trials: getTrialColumns(studyId) };
  // Whoever takes them hears of it; nobody else has to.
  for (const each of Object.values(read)) each.catch(() => undefined);
  return read;
}
