/** A draft in words, for somebody who is about to start it. */

import type { Dataset } from "../../api/types";
import { RECIPE_WORDS, SEARCH_WORDS, SPLIT_WORDS } from "../../format/design_words";
import { metricName } from "../../format/metric";
import { bytes, counted } from "../../format/numbers";
import { kindsOf, metricOf, taskOf } from "../../state/draft";
import type { Draft } from "../../state/draft";
import { parseDesigns } from "../../state/own_designs";
import type { NewStep } from "../../router";
import { ownSpaceWords } from "./space_words";

export interface ReviewSection {
  step: NewStep;
  title: string;
  lines: readonly (readonly [term: string, words: string])[];
}

export function reviewOf(dataset: Dataset, draft: Draft): ReviewSection[] {
  return [
    { step: "upload", title: "Table", lines: tableLines(dataset) },
    { step: "columns", title: "Question", lines: questionLines(dataset, draft) },
    { step: "search", title: "Search", lines: searchLines(draft) },
    { step: "search", title: "Judging", lines: judgingLines(dataset, draft) },
  ];
}

type Lines = [string, string][];

function tableLines(dataset: Dataset): Lines {
  const size = `${counted(dataset.rows, "row")} × ${counted(dataset.columns.length, "column")}`;
  return [
    ["File", dataset.name],
    ["Size", `${size}, ${bytes(dataset.size_bytes)}`],
  ];
}

function questionLines(dataset: Dataset, draft: Draft): Lines {
  const task = taskOf(dataset, draft);
  const asked = task === "classification" ? "a class (classification)" : "a number (regression)";
  const lines: Lines = [
    ["Predicts", draft.target],
    ["Each row gets", asked],
  ];
  const kinds = Object.entries(kindsOf(draft));
  if (kinds.length > 0) lines.push(["Kinds changed", kindWords(kinds)]);
  return lines;
}

const MOST_KINDS = 5;

function kindWords(kinds: readonly (readonly [string, string])[]): string {
  const shown = kinds.slice(0, MOST_KINDS).map(([column, kind]) => `${column}: ${kind}`);
  const more = kinds.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function searchLines(draft: Draft): Lines {
  const lines: Lines = [
    ["Designs", budgetWords(draft)],
    ["Method", SEARCH_WORDS[draft.search][0]],
    ["Space", `${draft.preset}${Object.keys(draft.space).length > 0 ? ", but for:" : ""}`],
    ...ownSpaceWords(draft.space),
    ["Preparation", draft.recipe === "choose" ? "searched, too" : RECIPE_WORDS[draft.recipe][0]],
  ];
  const designs = parseDesigns(draft.ownDesigns);
  if (typeof designs !== "string" && designs.length > 0) {
    lines.push(["Tried first", `${counted(designs.length, "design")} of your own`]);
  }
  lines.push(["Most epochs", draft.epochs === "" ? "200 a design" : `${draft.epochs} a design`]);
  const limits = limitWords(draft);
  if (limits !== "") lines.push(["Limits", limits]);
  lines.push(["Weak designs", halvingWords(draft)]);
  lines.push(["Engine", draft.engine], ["Seed", draft.seed]);
  return lines;
}

function limitWords({ maxParams, maxTrialSeconds }: Draft): string {
  const parts: string[] = [];
  if (maxParams !== "") parts.push(`at most ${counted(Number(maxParams), "parameter")}`);
  if (maxTrialSeconds !== "") parts.push(`at most ${maxTrialSeconds}\u202fs of training`);
  return parts.join(", ");
}

function halvingWords({ halving, halvingFactor, halvingEpochs }: Draft): string {
  if (halving === "auto") return "dropped early, where that saves time";
  if (halving === "off") return "trained to their end";
  return `one in ${halvingFactor} goes on, first after ${counted(Number(halvingEpochs), "epoch")}`;
}

function judgingLines(dataset: Dataset, draft: Draft): Lines {
  const column = draft.splitMethod === "stratified" ? "" : `, by ${draft.splitColumn}`;
  const lines: Lines = [
    ["Metric", metricName(metricOf(taskOf(dataset, draft), draft))],
    ["Split", `${SPLIT_WORDS[draft.splitMethod][0].toLowerCase()}${column}`],
  ];
  if (draft.verdict === "off") return [...lines, ["Verdict", "no, search only"]];
  return [...lines, ["Verdict", `yes, on ${counted(Number(draft.folds), "fold")} a round`]];
}

/** `up to 64 designs, 10 min`. */
export function budgetWords({ designs, minutes }: Draft): string {
  const parts: string[] = [];
  if (designs !== "") parts.push(`up to ${counted(Number(designs), "design")}`);
  if (minutes !== "") parts.push(`${designs === "" ? "what fits into " : ""}${minutes}\u202fmin`);
  return parts.join(", ");
}
