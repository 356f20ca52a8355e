/** Events that have come, handed on a few times a second: the eye needs no more renders. */

import type { StudyEvent } from "../api/events";

const FLUSH_MS = 150;
// Nobody looks; but the title of the page's tab says how the study stands.
const HIDDEN_FLUSH_MS = 2_000;
// A hidden page's timers may wait for a minute; what waits for them must not grow meanwhile.
const MOST = 2_000;

export class Inbox {
  private waiting: StudyEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly take: (events: readonly StudyEvent[]) => void) {}

  put(event: StudyEvent): void {
    this.waiting.push(event);
    if (this.waiting.length >= MOST) this.flush();
    else this.timer ??= setTimeout(this.flush, document.hidden ? HIDDEN_FLUSH_MS : FLUSH_MS);
  }

  clear(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = [];
  }

  private readonly flush = (): void => {
    const events = this.waiting;
    this.clear();
    if (events.length > 0) this.take(events);
  };
}
