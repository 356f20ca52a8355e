/** An estimate of what is chosen now, asked anew when the choice has stood for a moment. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, estimateStudy } from "../../api/client";
import type { Estimate, Problem, StudyRequest } from "../../api/types";

export interface Asked {
  /** The last one; of what is chosen now only if `isCurrent`. */
  estimate: Estimate | null;
  isCurrent: boolean;
  busy: boolean;
  /** What is wrong with what was asked for; null: nothing that is known. */
  refusal: Problem | null;
  /** The server can't say now. A study starts without. */
  isUnknown: boolean;
  /** Null: something is missing, so there is nothing to ask. */
  canAsk: boolean;
  askAgain: () => void;
}

interface State {
  /** The request that the answer is about. */
  of: string;
  estimate: Estimate | null;
  busy: boolean;
  refusal: Problem | null;
  isUnknown: boolean;
}

const NOTHING: State = { of: "", estimate: null, busy: false, refusal: null, isUnknown: false };

// Each question has the trainers try some designs for seconds: not at every key.
const STILL_MS = 1_200;

/** `request`: what would be sent; null while it can't be. `active`: it is looked at. */
export function useEstimate(request: StudyRequest | null, active: boolean): Asked {
  const [state, setState] = useState(NOTHING);
  const [attempt, setAttempt] = useState(0);
  const generation = useRef(0);
  const wanted = request === null ? "" : JSON.stringify(request);
  const known = useRef("");
  useEffect(() => {
    generation.current += 1;
    const isKnown = known.current === wanted;
    setState((now) => ({ ...now, busy: false, ...(!isKnown && { refusal: null }) }));
    if (wanted === "" || isKnown || !active) return undefined;
    const mine = generation.current;
    const settle = (found: Partial<State>): void => {
      if (mine !== generation.current) return;
      known.current = wanted;
      setState((now) => ({ ...NOTHING, estimate: now.estimate, of: now.of, ...found }));
    };
    const timer = setTimeout(() => {
      setState((now) => ({ ...now, busy: true, isUnknown: false }));
      estimateStudy(JSON.parse(wanted) as StudyRequest).then(
        (estimate) => settle({ estimate, of: wanted }),
        (error: unknown) => settle(isRefusal(error) ? { refusal: error.problem } : UNKNOWN),
      );
    }, STILL_MS);
    return () => clearTimeout(timer);
  }, [wanted, active, attempt]);
  const askAgain = useCallback(() => {
    known.current = "";
    setAttempt((now) => now + 1);
  }, []);
  const isCurrent = state.estimate !== null && state.of === wanted;
  return { ...state, isCurrent, canAsk: wanted !== "", askAgain };
}

const UNKNOWN: Partial<State> = { isUnknown: true };

function isRefusal(error: unknown): error is ApiProblem {
  return error instanceof ApiProblem && [400, 422].includes(error.problem.status);
}
