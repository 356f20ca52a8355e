/** A study as REST tells it at one time: what its events go on from. */

import { ApiProblem, getTrialColumns, getVerdict } from "../api/client";
import { takeStudy } from "../api/head_start";
import type { Study, TrialColumns } from "../api/types";
import type { Verdict } from "../api/verdict";
import { trialsOf } from "./columns";
import { openView } from "./fold";
import type { StudyView } from "./fold";

export interface Snapshot {
  view: StudyView;
  /** Why the verdict that the study has isn't in it; null otherwise. */
  verdictError: unknown;
}

export async function loadSnapshot(studyId: string): Promise<Snapshot> {
  const read = takeStudy(studyId);
  const study = await read.study;
  let verdictError: unknown = null;
  // The rest of the page can be shown without it.
  const verdictRead = loadVerdict(study).catch((problem: unknown) => {
    verdictError = problem;
    return null;
  });
  const answer = await readSince(study, read.trials);
  const view = openView(study, trialsOf(answer), await verdictRead, answer.seq);
  return { view, verdictError };
}

/** Asked for at once with the study; and again where they don't know all that the study counts,
 *  for the events that follow are those after the study. */
async function readSince(study: Study, read: Promise<TrialColumns>): Promise<TrialColumns> {
  const answer = await read;
  return answer.seq >= study.seq ? answer : getTrialColumns(study.study_id);
}

/** The headline says whether there is one, so that nobody asks for what isn't there. */
function loadVerdict(study: Study): Promise<Verdict | null> {
  return study.verdict_headline ? getVerdict(study.study_id) : Promise.resolve(null);
}

/** The server knows no such study; that won't change by asking again. */
export function isMissing(problem: unknown): boolean {
  return problem instanceof ApiProblem && problem.problem.status === 404;
}
