/** A study as REST tells it at one time: what its events go on from. */

import { ApiProblem, getStudy, getTrialColumns, getVerdict } from "../api/client";
import type { Study } from "../api/types";
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
  // First of all: then nothing that the others know is missing from the events after it.
  const study = await getStudy(studyId);
  let verdictError: unknown = null;
  // The rest of the page can be shown without it.
  const verdictRead = loadVerdict(study).catch((problem: unknown) => {
    verdictError = problem;
    return null;
  });
  const [answer, verdict] = await Promise.all([getTrialColumns(studyId), verdictRead]);
  const trialsSeq = Math.max(answer.seq, study.seq);
  return { view: openView(study, trialsOf(answer), verdict, trialsSeq), verdictError };
}

/** The headline says whether there is one, so that nobody asks for what isn't there. */
function loadVerdict(study: Study): Promise<Verdict | null> {
  return study.verdict_headline ? getVerdict(study.study_id) : Promise.resolve(null);
}

/** The server knows no such study; that won't change by asking again. */
export function isMissing(problem: unknown): boolean {
  return problem instanceof ApiProblem && problem.problem.status === 404;
}
