/** Something that is fetched: loading, there, or failed; and again on demand. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { returns } from "../api/connection";

export interface Resource<T> {
  value: T | null;
  error: unknown;
  /** Asks again; what is on its way is dropped, for it may be older than what was just done. */
  reload: () => void;
  /** Asks again unless an answer is on its way: of a slow server, one is enough. */
  refresh: () => void;
}

/** Fetches anew when a dependency changes; an answer that comes too late is dropped. */
export function useResource<T>(
  fetcher: () => Promise<T>,
  dependencies: readonly unknown[],
): Resource<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const generation = useRef(0);
  const awaited = useRef(0);
  const load = useCallback(() => {
    const mine = ++generation.current;
    awaited.current = mine;
    const isMine = (): boolean => mine === generation.current;
    fetcher().then(
      (answer) => {
        if (!isMine()) return;
        awaited.current = 0;
        setValue(answer);
        setError(null);
      },
      (problem: unknown) => {
        if (!isMine()) return;
        awaited.current = 0;
        setError(problem);
      },
    );
  }, dependencies);
  useEffect(() => {
    load();
    return () => {
      generation.current += 1;
    };
    // What is shown may be out of date once the server was away.
  }, [load, returns.value]);
  const refresh = useCallback(() => {
    if (awaited.current !== generation.current) load();
  }, [load]);
  return { value, error, reload: load, refresh };
}
