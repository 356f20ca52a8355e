/** Whether the server answers, as the page's last requests found it. */

import { computed, signal } from "@preact/signals";

/** Milliseconds since 1970; null before the first answer. */
let answeredAt: number | null = null;
const isAway = signal(false);

/** How often the server came back; whoever shows something fetches it anew when this changes. */
export const returns = signal(0);

export function noteAnswer(): void {
  answeredAt = Date.now();
  if (!isAway.peek()) return;
  isAway.value = false;
  returns.value += 1;
}

export function noteFailure(): void {
  isAway.value = true;
}

/** Null while the server answers; else how old what is shown is, if anything is. */
export const offline = computed<{ shownAt: number | null } | null>(() =>
  isAway.value ? { shownAt: answeredAt } : null,
);
