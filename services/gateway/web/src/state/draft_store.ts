/** Drafts in this browser, one for each dataset, and for each study that one starts from. */

import type { Dataset } from "../api/types";
import { freshDraft } from "./draft";
import type { Draft } from "./draft";

const PREFIX = "layerlab.draft.";
// Counts up when a draft of before can't be read as one of now.
const VERSION = 2;
// Drafts that were never started would else stay for good.
const MOST = 20;

interface Saved {
  version: number;
  savedAt: number;
  draft: Partial<Draft>;
}

/** `from`: the study that it was filled from; null: none. */
export function draftKey(datasetId: string, from: string | null): string {
  return `${PREFIX}${datasetId}${from ? `.${from}` : ""}`;
}

/** Null: there is none, or none that can be read. */
export function loadDraft(key: string, dataset: Dataset): Draft | null {
  const saved = read(key);
  if (saved === null) return null;
  const draft = { ...freshDraft(dataset), ...saved.draft };
  const names = new Set(dataset.columns.map((each) => each.name));
  return names.has(draft.target) || draft.target === "" ? draft : null;
}

export function saveDraft(key: string, draft: Draft): void {
  const saved: Saved = { version: VERSION, savedAt: Date.now(), draft };
  try {
    localStorage.setItem(key, JSON.stringify(saved));
    prune();
  } catch {
    // Full, or forbidden: the draft lasts as long as the page, which is still of use.
  }
}

export function forgetDraft(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch {
    // Where nothing can be kept, nothing is.
  }
}

function read(key: string): Saved | null {
  try {
    const saved = JSON.parse(localStorage.getItem(key) ?? "null") as Saved | null;
    return saved?.version === VERSION && typeof saved.draft === "object" ? saved : null;
  } catch {
    return null;
  }
}

function prune(): void {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  if (keys.length <= MOST) return;
  const ages = keys.map((key) => ({ key, savedAt: read(key)?.savedAt ?? 0 }));
  ages.sort((a, b) => b.savedAt - a.savedAt);
  for (const { key } of ages.slice(MOST)) localStorage.removeItem(key);
}
