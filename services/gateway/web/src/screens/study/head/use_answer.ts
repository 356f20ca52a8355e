/** One request about a study at a time; what it answered is shown, or why there is no answer. */

import { useState } from "preact/hooks";
import type { Study } from "../../../api/types";
import type { StudyStore } from "../../../state/study";

export interface Asking {
  /** What is under way; null: nothing. */
  busy: string | null;
  error: unknown;
  /** `what` names the request; resolves with whether it was answered. */
  ask(what: string, request: () => Promise<Study>): Promise<boolean>;
}

export function useAnswer(store: StudyStore): Asking {
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);

  async function ask(what: string, request: () => Promise<Study>): Promise<boolean> {
    setBusy(what);
    setError(null);
    try {
      store.take(await request());
      return true;
    } catch (problem) {
      setError(problem);
      return false;
    } finally {
      setBusy(null);
    }
  }

  return { busy, error, ask };
}
