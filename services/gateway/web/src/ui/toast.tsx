/** Short words about what has just happened, at the foot of the page, with a way back. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons";
import type { Tone } from "./icons";

export interface Toast {
  text: string;
  tone?: Tone;
  /** What takes it back; its own end, good or bad, is told in the same place. */
  undo?: () => Promise<void>;
}

interface ShownToast extends Toast {
  id: number;
}

// Long enough to be read, found by keyboard and used.
const SHOWN_MS = 10_000;
const AT_MOST = 3;

const shown = signal<readonly ShownToast[]>([]);
let lastId = 0;

export function toast(message: Toast): void {
  lastId += 1;
  shown.value = [...shown.value, { ...message, id: lastId }].slice(-AT_MOST);
}

/** The way back of the last thing that has one; for the keyboard. */
export function undoLast(): void {
  const last = shown.value.findLast((each) => each.undo !== undefined);
  if (last) void takeBack(last);
}

function dismiss(id: number): void {
  shown.value = shown.value.filter((each) => each.id !== id);
}

async function takeBack({ id, undo }: ShownToast): Promise<void> {
  dismiss(id);
  try {
    await undo?.();
  } catch (problem) {
    toast({ text: problem instanceof Error ? problem.message : String(problem), tone: "bad" });
  }
}

/** Drawn once, by the frame: a live region must be there before what it tells. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite" aria-label="Notices">
      {shown.value.map((each) => (
        <ToastBox key={each.id} toast={each} />
      ))}
    </div>
  );
}

function ToastBox({ toast: message }: { toast: ShownToast }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return undefined;
    const timer = setTimeout(() => dismiss(message.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [held, message.id]);
  const hold = (): void => setHeld(true);
  const release = (): void => setHeld(false);
  return (
    <div
      class={`toast-box ${message.tone === "bad" ? "bad" : ""}`}
      onMouseEnter={hold}
      onMouseLeave={release}
      onFocusIn={hold}
      onFocusOut={release}
    >
      <span>{message.text}</span>
      {message.undo && (
        <button type="button" class="undo" onClick={() => void takeBack(message)}>
          Undo
        </button>
      )}
      <button
        type="button"
        class="icon-button"
        aria-label="Dismiss"
        onClick={() => dismiss(message.id)}
      >
        <Icon name="cross" />
      </button>
    </div>
  );
}
