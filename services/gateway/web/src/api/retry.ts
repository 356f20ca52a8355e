/** Trying again, later and later; and at once when there is a new reason to. */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/** Milliseconds; doubles with each failed try, with jitter so that many pages don't come at once. */
export function retryDelay(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  return ceiling * (0.5 + random / 2);
}

export class Retry {
  /** Since the last success. */
  failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly run: () => void,
    /** In milliseconds since 1970; null: nothing is planned. */
    private readonly onPlanned: (at: number | null) => void,
  ) {}

  get isPlanned(): boolean {
    return this.timer !== undefined;
  }

  /** `atLeast` milliseconds from now, more after many failures. */
  later(atLeast = 0): void {
    this.cancel();
    const delay = Math.max(atLeast, retryDelay(this.failures, Math.random()));
    this.failures += 1;
    this.timer = setTimeout(() => this.now(), delay);
    this.onPlanned(Date.now() + delay);
  }

  /** Without waiting for what is planned. */
  now(): void {
    this.cancel();
    this.run();
  }

  cancel(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    this.onPlanned(null);
  }

  succeeded(): void {
    this.failures = 0;
    this.cancel();
  }
}

/** Calls `look` when the world may have changed while nothing ran here: the network is back, the
 *  laptop woke up, the tab came to the front or out of the browser's cache of pages.
 */
export function onWake(look: () => void): () => void {
  const lookIfSeen = (): void => {
    if (document.visibilityState !== "hidden") look();
  };
  window.addEventListener("online", look);
  window.addEventListener("pageshow", lookIfSeen);
  window.addEventListener("focus", lookIfSeen);
  document.addEventListener("visibilitychange", lookIfSeen);
  return () => {
    window.removeEventListener("online", look);
    window.removeEventListener("pageshow", lookIfSeen);
    window.removeEventListener("focus", lookIfSeen);
    document.removeEventListener("visibilitychange", lookIfSeen);
  };
}
