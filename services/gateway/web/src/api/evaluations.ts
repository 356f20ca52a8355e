/** Where a trial is right and where it is wrong, as the server has it or makes it when asked. */

import { getJson, postJson } from "./client";
import type { EvaluatedRows, Evaluation, EvaluationRun } from "./types";

// The server answers at the end, or after so many seconds.
const WAIT = 10;

/** `rows` null: of a finalist its test rows, else its validation rows. A problem with
 *  `no_evaluation` while there is none.
 */
export function getEvaluation(
  studyId: string,
  number: number,
  rows: EvaluatedRows | null,
): Promise<Evaluation> {
  return getJson(`${trialPath(studyId, number)}/evaluation${rows === null ? "" : `?rows=${rows}`}`);
}

/** Has the trial evaluated on its validation rows, and waits for the end.
 *
 * A repeat asks about the first, so that one may be sent again at any time. A problem with
 * `not_evaluable` or `not_replayable` where that can't be done.
 */
export async function evaluateTrial(studyId: string, number: number): Promise<EvaluationRun> {
  const path = trialPath(studyId, number);
  let run: EvaluationRun = await postJson(`${path}:evaluate?wait=${WAIT}`);
  const place = `${path}/evaluations/${encodeURIComponent(run.evaluation_id)}?wait=${WAIT}`;
  while (run.state === "RUNNING") run = await getJson(place);
  return run;
}

function trialPath(studyId: string, number: number): string {
  return `/v1/studies/${encodeURIComponent(studyId)}/trials/${number}`;
}
