/** What studies were asked for, where they differ. */

import type { Study } from "../../api/types";
import { counted } from "../../format/numbers";
import { spanWords } from "../../format/time";
import { FIELD_FACTS, FIELD_NAMES } from "../../state/design_fields";
import type { FieldName } from "../../state/design_fields";
import { SpaceFault, fieldFormOf } from "../../state/draft_space";
import { fieldFormWords } from "../new/space_words";

type Row = [name: string, cells: string[]];
type Say = (study: Study) => string;

const ASKED: readonly (readonly [string, Say])[] = [
  ["Data", (study) => study.dataset_name],
  ["Target", (study) => study.target],
  ["Task", (study) => study.task],
  ["Metric", (study) => study.metric],
  ["Kinds changed", (study) => listed(Object.entries(study.column_kinds).map((each) => each.join(": ")))],
  ["Budget", ({ budget }) => budgetWords(budget)],
  ["Method", (study) => study.search],
  ["Preset", (study) => study.preset || "none"],
  ...FIELD_NAMES.map((field): [string, Say] => [
    FIELD_FACTS[field].label,
    ({ space }) => fieldWords(field, (space as Record<string, unknown>)[field]),
  ]),
  ["Columns prepared", (study) => study.recipe],
  ["Own designs", ({ designs }) => (designs.length === 0 ? "none" : String(designs.length))],
  ["Limits", ({ constraints }) => limitWords(constraints)],
  ["Weak designs", ({ halving }) => halvingWords(halving)],
  ["Engine", (study) => study.engine],
  ["Seed", (study) => String(study.seed)],
  ["Rows split", ({ split }) => splitWords(split)],
  ["Verdict", ({ verdict }) => (verdict === "off" ? "no, search only" : "yes")],
];

/** A row a field, a cell a study; fields that all have alike are left out. */
export function askedDifferently(studies: readonly Study[]): Row[] {
  return ASKED.map(([name, say]): Row => [name, studies.map(say)]).filter(
    ([, cells]) => new Set(cells).size > 1,
  );
}

function fieldWords(field: FieldName, domain: unknown): string {
  if (domain === undefined) return "–";
  try {
    return fieldFormWords(field, fieldFormOf(field, domain));
  } catch (fault) {
    // What a newer server can say and this page can't yet is shown as it was written.
    if (fault instanceof SpaceFault) return JSON.stringify(domain);
    throw fault;
  }
}

function budgetWords({ max_trials, max_epochs, time_seconds }: Study["budget"]): string {
  const parts: string[] = [];
  if (max_trials) parts.push(`up to ${counted(max_trials, "design")}`);
  if (time_seconds) parts.push(spanWords(time_seconds, time_seconds));
  if (max_epochs) parts.push(`${counted(max_epochs, "epoch")} a design`);
  return listed(parts);
}

function limitWords({ max_params, max_trial_seconds }: Study["constraints"]): string {
  const parts: string[] = [];
  if (max_params) parts.push(`at most ${counted(max_params, "parameter")}`);
  if (max_trial_seconds) parts.push(`at most ${max_trial_seconds}\u202fs of training`);
  return listed(parts);
}

function halvingWords(halving: Study["halving"]): string {
  if (halving === "off") return "trained to their end";
  return `one in ${halving.factor} goes on, first after ${counted(halving.min_epochs, "epoch")}`;
}

function splitWords({ method, column, folds }: Study["split"]): string {
  return `${method}${column ? ` by ${column}` : ""}, ${counted(folds, "fold")}`;
}

function listed(parts: readonly string[]): string {
  return parts.join(", ") || "none";
}
