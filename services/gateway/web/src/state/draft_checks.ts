/** What is missing in a draft, step by step, and where the server's refusals belong. */

import type { Problem } from "../api/types";
import type { NewStep } from "../router";
import { FIELD_FACTS, FIELD_NAMES } from "./design_fields";
import type { Draft } from "./draft";
import { fieldComplaint, isFieldName } from "./draft_space";
import { parseDesigns } from "./own_designs";

/** A field of the draft, or of its space. */
export type DraftField = keyof Draft | `space.${string}`;

export interface Complaint {
  step: NewStep;
  field: DraftField;
  text: string;
}

/** All of them, in the order of the steps; none: it can be sent. */
export function draftComplaints(draft: Draft): Complaint[] {
  const found: Complaint[] = [];
  for (const { step, field, wrong } of CHECKS) {
    const text = wrong(draft);
    if (text !== null) found.push({ step, field, text });
  }
  return [...found, ...spaceComplaints(draft)];
}

function spaceComplaints({ space, spaceFault }: Draft): Complaint[] {
  const step = "search";
  if (spaceFault !== null) {
    const text = `The space, line ${spaceFault.line}: ${spaceFault.text}`;
    return [{ step, field: "spaceText", text }];
  }
  return FIELD_NAMES.flatMap((name) => {
    const text = space[name] ? fieldComplaint(name, space[name]) : null;
    return text === null ? [] : [{ step, field: `space.${name}` as const, text }];
  });
}

/** In a line by itself, a complaint needs the name of its field. */
export function complaintWords({ field, text }: Complaint): string {
  const inSpace = field.startsWith("space.") ? field.slice("space.".length) : "";
  if (isFieldName(inSpace)) return `${FIELD_FACTS[inSpace].label}: ${text}`;
  const label = LABELS[field];
  return label === undefined ? text : `${label}: ${text}`;
}

const LABELS: Partial<Record<DraftField, string>> = {
  designs: "Designs to try",
  minutes: "Time budget",
  maxParams: "Most parameters",
  maxTrialSeconds: "Longest training",
  epochs: "Most epochs per design",
  folds: "Folds",
  seed: "Seed",
  halvingFactor: "Keep one in",
  halvingEpochs: "First after",
  ownDesigns: "Your own designs",
};

interface Check {
  step: NewStep;
  field: keyof Draft;
  /** Why the field can't be sent; null when it can. */
  wrong: (draft: Draft) => string | null;
}

const CHECKS: readonly Check[] = [
  {
    step: "columns",
    field: "target",
    wrong: ({ target }) => (target === "" ? "Choose the column to predict." : null),
  },
  {
    step: "search",
    field: "designs",
    wrong: ({ designs, minutes }) =>
      designs === "" && minutes !== "" ? null : wholeNumber(designs, 1, 100_000),
  },
  {
    step: "search",
    field: "minutes",
    wrong: ({ minutes }) =>
      minutes === "" || (Number(minutes) * 60 >= 1 && Number(minutes) <= 10_080)
        ? null
        : "At least a second (0.02), at most a week (10,080 min).",
  },
  {
    step: "search",
    field: "maxParams",
    wrong: ({ maxParams }) => optionalWhole(maxParams, 1, 1e12),
  },
  {
    step: "search",
    field: "maxTrialSeconds",
    wrong: ({ maxTrialSeconds: text }) =>
      text === "" || (Number(text) > 0 && Number(text) <= 604_800)
        ? null
        : "More than 0 seconds, at most a week.",
  },
  { step: "search", field: "epochs", wrong: ({ epochs }) => optionalWhole(epochs, 1, 10_000) },
  { step: "search", field: "folds", wrong: ({ folds }) => wholeNumber(folds, 3, 10) },
  { step: "search", field: "splitColumn", wrong: splitColumnComplaint },
  {
    step: "search",
    field: "seed",
    wrong: ({ seed }) =>
      isWhole(seed, 0, Number.MAX_SAFE_INTEGER) ? null : `A whole number from 0 to ${Number.MAX_SAFE_INTEGER.toLocaleString("en-US")}.`,
  },
  {
    step: "search",
    field: "halvingFactor",
    wrong: ({ halving, halvingFactor }) =>
      halving === "own" ? wholeNumber(halvingFactor, 2, 10) : null,
  },
  {
    step: "search",
    field: "halvingEpochs",
    wrong: ({ halving, halvingEpochs }) =>
      halving === "own" ? wholeNumber(halvingEpochs, 1, 10_000) : null,
  },
  {
    step: "search",
    field: "ownDesigns",
    wrong: ({ ownDesigns }) => {
      const parsed = parseDesigns(ownDesigns);
      return typeof parsed === "string" ? parsed : null;
    },
  },
];

function splitColumnComplaint({ splitMethod, splitColumn, target }: Draft): string | null {
  if (splitMethod === "stratified") return null;
  if (splitColumn === "") return "Choose the column to split by.";
  return splitColumn === target ? "Not the column to predict." : null;
}

function optionalWhole(text: string, low: number, high: number): string | null {
  return text === "" ? null : wholeNumber(text, low, high);
}

function wholeNumber(text: string, low: number, high: number): string | null {
  if (isWhole(text, low, high)) return null;
  return `A whole number from ${low} to ${high.toLocaleString("en-US")}.`;
}

function isWhole(text: string, low: number, high: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= low && Number(text) <= high;
}

// Where the server's names of fields stand on the page; the longest beginning counts.
const PLACES: readonly (readonly [string, NewStep, DraftField])[] = [
  ["target", "columns", "target"],
  ["task", "columns", "task"],
  ["column_kinds", "columns", "kinds"],
  ["dataset_id", "upload", "target"],
  ["preset", "search", "preset"],
  ["space", "search", "space"],
  ["search", "search", "search"],
  ["metric", "search", "metric"],
  ["verdict", "search", "verdict"],
  ["split.column", "search", "splitColumn"],
  ["split.folds", "search", "folds"],
  ["split", "search", "splitMethod"],
  ["constraints.max_trial_seconds", "search", "maxTrialSeconds"],
  ["constraints", "search", "maxParams"],
  ["budget.max_trials", "search", "designs"],
  ["budget.max_epochs", "search", "epochs"],
  ["budget.time_seconds", "search", "minutes"],
  ["budget", "search", "designs"],
  ["designs", "search", "ownDesigns"],
  ["recipe", "search", "recipe"],
  ["engine", "search", "engine"],
  ["halving.factor", "search", "halvingFactor"],
  ["halving.min_epochs", "search", "halvingEpochs"],
  ["halving", "search", "halving"],
  ["seed", "search", "seed"],
  ["name", "search", "name"],
];

/** The server's refusal at its field; null when it is about none that the page has. */
export function refusalOf({ field, detail, hint }: Problem): Complaint | null {
  const asked = field ?? "";
  const text = hint ? `${detail} ${hint}` : detail;
  const [, inSpace = ""] = /^space\.(\w+)/.exec(asked) ?? [];
  if (isFieldName(inSpace)) return { step: "search", field: `space.${inSpace}`, text };
  const place = PLACES.find(([name]) => asked === name || asked.startsWith(`${name}.`));
  return place ? { step: place[1], field: place[2], text } : null;
}
