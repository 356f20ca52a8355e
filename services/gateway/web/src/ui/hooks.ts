/** What more than one screen needs of the browser. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";

/** The time, in milliseconds since 1970, once a second. */
export function useNow(active = true): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return now;
}

/** `value`, at most every `milliseconds`, and not while nobody looks; the last one always
 *  arrives.
 */
export function useThrottled<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState({ value, at: 0 });
  useEffect(() => {
    if (value === shown.value) return undefined;
    const show = (): void => {
      if (!document.hidden) setShown({ value, at: Date.now() });
    };
    const timer = setTimeout(show, Math.max(0, shown.at + milliseconds - Date.now()));
    document.addEventListener("visibilitychange", show);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", show);
    };
  }, [value, shown, milliseconds]);
  return shown.value;
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · LayerLab` : "LayerLab";
  }, [title]);
}

/** An element's width in pixels, as it changes; 0 before it is known. */
export function useWidth(element: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return width;
}

/** Calls `refresh` every so many milliseconds, but not while nobody looks at the page. */
export function usePolling(refresh: () => void, milliseconds: number): void {
  useEffect(() => {
    const look = (): void => {
      if (!document.hidden) refresh();
    };
    const timer = setInterval(look, milliseconds);
    // Whoever comes back to the tab sees the present state at once.
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [refresh, milliseconds]);
}
