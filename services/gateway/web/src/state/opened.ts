/** Which trial of the study on the screen is looked at closely, if any. */

import { signal } from "@preact/signals";

export const openedTrial = signal<number | null>(null);

export function openTrial(number: number): void {
  openedTrial.value = number;
}
