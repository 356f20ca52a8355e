/** Keys for those who don't leave the keyboard. Never while typing, never with Ctrl or Alt. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Shortcut {
  /** One key (`n`, `/`, `?`) or two, one after the other (`g s`), as `KeyboardEvent.key` says. */
  keys: string;
  /** What it does, for the list: “New study”. */
  text: string;
  run: () => void;
}

export interface ShortcutGroup {
  title: string;
  shortcuts: readonly Shortcut[];
}

/** What the keys do at present; the `?` dialog lists it. */
export const shortcutGroups = signal<readonly ShortcutGroup[]>([]);
export const areShortcutsOn = signal(true);

export function registerShortcuts(title: string, shortcuts: readonly Shortcut[]): () => void {
  const group = { title, shortcuts };
  shortcutGroups.value = [...shortcutGroups.value, group];
  return () => {
    shortcutGroups.value = shortcutGroups.value.filter((each) => each !== group);
  };
}

/** Holds as long as the component is drawn; `shortcuts` should be the same array each time. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  useEffect(() => registerShortcuts(title, shortcuts), [title, shortcuts]);
}

// The second of two keys must come before the first is forgotten.
const SEQUENCE_MS = 1_200;

/** Reads keys; the answer says what to run, if anything. Later groups win over earlier ones. */
export class KeyReader {
  private first = "";
  private until = 0;

  read(key: string, now: number, groups: readonly ShortcutGroup[]): Shortcut | null {
    const known = groups.flatMap((group) => group.shortcuts).reverse();
    const typed = this.first !== "" && now < this.until ? `${this.first} ${key}` : key;
    this.first = "";
    const found = known.find((each) => each.keys === typed);
    if (found) return found;
    if (known.some((each) => each.keys.startsWith(`${key} `))) {
      this.first = key;
      this.until = now + SEQUENCE_MS;
    }
    return null;
  }
}

export function startShortcuts(): () => void {
  const reader = new KeyReader();
  const press = (event: KeyboardEvent): void => {
    if (!isForUs(event)) return;
    const found = reader.read(event.key, event.timeStamp, shortcutGroups.value);
    if (!found) return;
    event.preventDefault();
    found.run();
  };
  document.addEventListener("keydown", press);
  return () => document.removeEventListener("keydown", press);
}

const TAKES_KEYS = 'input, textarea, select, dialog, [contenteditable], [role="menu"]';

function isForUs(event: KeyboardEvent): boolean {
  if (!areShortcutsOn.value || event.defaultPrevented || event.repeat) return false;
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1) return false;
  if (document.querySelector("dialog[open]") !== null) return false;
  const at = event.target instanceof Element ? event.target : null;
  // A box to tick takes no letters.
  if (at instanceof HTMLInputElement && at.type === "checkbox") return true;
  return at === null || at.closest(TAKES_KEYS) === null;
}
