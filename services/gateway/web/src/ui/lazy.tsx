/** Screens and charts whose code is fetched when they are first looked at. */

import type { ComponentType } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ProblemNote, Skeleton } from "./blank";

type Loader<Props> = () => Promise<ComponentType<Props>>;

/** `lazy(() => import("./plots").then((m) => m.Plots), "Loading the plots")`
 *
 * The code is fetched once. Where that fails (a server that is away, a page older than the
 * server's files), the screen says so and can be tried again.
 */
export function lazy<Props extends object>(
  load: Loader<Props>,
  label = "Loading",
): ComponentType<Props> {
  let loaded: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [Loaded, setLoaded] = useState(() => loaded);
    const [error, setError] = useState<unknown>(null);
    const [attempt, setAttempt] = useState(0);
    // Not in an effect: the code shall be on its way before the first picture.
    const loading = useMemo(() => (loaded === null ? load() : Promise.resolve(loaded)), [attempt]);
    useEffect(() => {
      let isHere = true;
      loading.then(
        (component) => {
          loaded = component;
          if (isHere) setLoaded(() => component);
        },
        (problem: unknown) => isHere && setError(problem),
      );
      return () => {
        isHere = false;
      };
    }, [loading]);
    if (Loaded !== null) return <Loaded {...props} />;
    if (error === null) return <Skeleton lines={6} label={label} />;
    const again = (): void => {
      setError(null);
      setAttempt(attempt + 1);
    };
    return <NotLoaded error={error} onRetry={again} />;
  };
}

function NotLoaded({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <div class="stack">
      <ProblemNote error={error} onRetry={onRetry} />
      <p class="muted small">
        If LayerLab was updated meanwhile, <a href={location.href}>load the page anew</a>.
      </p>
    </div>
  );
}
