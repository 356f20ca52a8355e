/** An estimate of what is chosen now; another choice makes it void. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, estimateStudy } from "../../api/client";
import type { Estimate, StudyRequest } from "../../api/types";

export interface Asked {
  estimate: Estimate | null;
  busy: boolean;
  /** What is wrong with what was asked for; null: nothing. */
  problem: string | null;
  /** The server can't say, now or at all. Nobody needs to hear of it: a study starts without. */
  unknown: boolean;
  ask: () => void;
}

const NOTHING = { estimate: null, busy: false, problem: null, unknown: false };

/** `request`: what would be sent; null while it can't be. */
export function useEstimate(request: StudyRequest | null): Asked {
  const [state, setState] = useState<Omit<Asked, "ask">>(NOTHING);
  const generation = useRef(0);
  const wanted = JSON.stringify(request);
  useEffect(() => {
    generation.current += 1;
    setState(NOTHING);
  }, [wanted]);
  const ask = useCallback(() => {
    if (wanted === "null") return;
    const mine = ++generation.current;
    const settle = (found: Partial<Asked>): void => {
      if (mine === generation.current) setState({ ...NOTHING, ...found });
    };
    setState({ ...NOTHING, busy: true });
    estimateStudy(JSON.parse(wanted) as StudyRequest).then(
      (estimate) => settle({ estimate }),
      (error: unknown) =>
        settle(isAboutRequest(error) ? { problem: error.message } : { unknown: true }),
    );
  }, [wanted]);
  return { ...state, ask };
}

function isAboutRequest(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && [400, 409, 422].includes(error.problem.status);
}
