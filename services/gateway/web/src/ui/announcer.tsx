/** Says what changes to a screen reader: politely, and at most every five seconds. */

import { useThrottled } from "./hooks";

const SPEAK_MS = 5_000;

export function Announcer({ text }: { text: string }) {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {useThrottled(text, SPEAK_MS)}
    </div>
  );
}
