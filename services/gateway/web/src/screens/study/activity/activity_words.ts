/** What happened, in a sentence. */

import type { Activity } from "../../../api/types";
import { sentence } from "../../../format/design_words";
import { counted } from "../../../format/numbers";
import { layers, reasonWords } from "../../../format/words";

export type ActivityKind = "study" | "trials" | "cohorts" | "failures";
type Data = Activity["data"];

const OF_STUDY = "study.";
const OF_COHORT = "cohort.";

export function kindOf({ type, data }: Activity): ActivityKind {
  if (text(data, "to") === "FAILED" || text(data, "reason") !== "") return "failures";
  if (type.startsWith(OF_STUDY)) return "study";
  return type.startsWith(OF_COHORT) ? "cohorts" : "trials";
}

export function activityWords({ type, data, subject }: Activity): string {
  switch (type) {
    case "study.created":
      return "The study was created";
    case "study.designs_added":
      return `${counted(listLength(data, "designs"), "design")} added by hand`;
    case "study.described":
      return `${capital(Object.keys(data).join(", "))} changed`;
    case "study.deleted":
      return "The study was deleted";
    case "study.restored":
      return "The study was restored";
    case "study.verdict_reached":
      return verdictWords(data);
    case "study.state_changed":
      return `The study ${studyMove(data)}${after(text(data, "detail"))}`;
    case "cohort.registered":
      return `${cohort(data)} was planned, with ${counted(listLength(data, "numbers"), "design")}`;
    case "cohort.state_changed":
      return `${cohort(data)} ${cohortMove(data)}${why(data)}`;
    case "trial.tested":
      return `Trial ${numberOf(subject)} met the test rows`;
    case "trial.evaluated":
      return `Trial ${numberOf(subject)} was evaluated on its ${text(data, "rows")} rows`;
    case "trial.state_changed":
      return `Trial ${numberOf(subject)} ${trialMove(data)}${design(data)}${why(data)}`;
    default:
      return type;
  }
}

/** Of several trials to which the same happened, other than how they ended. */
export function trialsWords(entries: readonly Activity[]): string {
  const [first] = entries;
  if (first === undefined) return "";
  // One trial can be evaluated on several kinds of rows.
  const numbers = new Set(entries.map(({ subject }) => subject));
  const trials = counted(numbers.size, "trial");
  if (first.type === "trial.tested") return `${trials} met the test rows`;
  if (first.type !== "trial.state_changed") {
    return `${trials} ${numbers.size === 1 ? "was" : "were"} evaluated`;
  }
  const ends = new Map<string, number>();
  for (const { data } of entries) {
    const to = text(data, "to");
    ends.set(to, (ends.get(to) ?? 0) + 1);
  }
  if (ends.size === 1) return `${trials} ${trialMove(first.data, true)}${why(first.data)}`;
  const parts = [...ends].sort((a, b) => b[1] - a[1]);
  const words = parts.map(([to, times]) => `${times} ${END_WORDS[to] ?? to.toLowerCase()}`);
  return `${trials} ended: ${words.join(", ")}`;
}

/** What a trial's event is about; empty for others. */
export function numberOf(subject: string): string {
  return /\/trials\/(\d+)$/.exec(subject)?.[1] ?? "";
}

export function stepOf({ type, data }: Activity): string {
  const to = text(data, "to");
  const step = to in END_WORDS ? "ended" : to;
  return [type, step, text(data, "reason"), text(data, "detail")].join("\n");
}

const END_WORDS: Readonly<Record<string, string>> = {
  SUCCEEDED: "succeeded",
  PRUNED: "dropped early",
  CANCELLED: "cancelled",
};

function studyMove(data: Data): string {
  const from = text(data, "from");
  switch (text(data, "to")) {
    case "RUNNING":
      return from === "SUSPENDED" ? "was resumed" : "started";
    case "SUSPENDED":
      return "was suspended: no new designs for now";
    case "STOPPING":
      return "was told to stop: what trains may end";
    case "SUCCEEDED":
      return "succeeded";
    case "FAILED":
      return "failed";
    case "CANCELLED":
      return "was cancelled";
    default:
      return `is ${text(data, "to").toLowerCase()}`;
  }
}

function cohortMove(data: Data): string {
  const worker = text(data, "worker_id") || "a worker";
  const attempt = Number(data.attempt ?? 0);
  switch (text(data, "to")) {
    case "PENDING":
      return "has to be queued again";
    case "QUEUED":
      return text(data, "from") === "RUNNING" ? "was handed back to the queue" : "was queued";
    case "RUNNING":
      return `was taken by ${worker}${attempt > 1 ? `, attempt ${attempt}` : ""}`;
    default:
      return text(data, "worker_id") === "" ? "ended" : `was ended by ${worker}`;
  }
}

function trialMove(data: Data, many = false): string {
  const was = many ? "were" : "was";
  switch (text(data, "to")) {
    case "PENDING":
      return data.from === null ? `${was} planned` : `${many ? "have" : "has"} to be queued again`;
    case "QUEUED":
      return text(data, "from") === "RUNNING" ? `${was} handed back` : `${was} queued`;
    case "RUNNING":
      return "began to train";
    case "SUCCEEDED":
      return "succeeded";
    case "PRUNED":
      return `${was} dropped early`;
    case "FAILED":
      return "failed";
    case "CANCELLED":
      return `${was} cancelled`;
    default:
      return text(data, "to").toLowerCase();
  }
}

/** `Cohort 4`, of `063f54126d11872d-c0004`, and `Cohort rows-01-25`: what is before is the study. */
function cohort(data: Data): string {
  const name = /^[^-]+-(?:c0*(\d+)|(.+))$/.exec(text(data, "cohort_id"));
  return name === null ? "A cohort" : `Cohort ${name[1] ?? name[2]}`;
}

function verdictWords(data: Data): string {
  const verdict = data.verdict as { headline?: string; is_final?: boolean } | undefined;
  return `${verdict?.is_final ? "Verdict" : "So far"}: ${sentence(verdict?.headline ?? "")}`;
}

function design(data: Data): string {
  const its = data.design as { hidden?: number[] } | undefined;
  return its?.hidden ? `: ${layers(its.hidden)}` : "";
}

function why(data: Data): string {
  const reason = text(data, "reason");
  return reason === "" ? "" : `: ${reasonWords(reason)}${brackets(text(data, "detail"))}`;
}

function brackets(words: string): string {
  return words === "" ? "" : ` (${words})`;
}

function after(words: string): string {
  return words === "" ? "" : `. ${words.replaceAll(/(?<=\. )\p{Ll}/gu, (each) => each.toUpperCase())}`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function text(data: Data, name: string): string {
  const value = data[name];
  return typeof value === "string" ? value : "";
}

function listLength(data: Data, name: string): number {
  const value = data[name];
  return Array.isArray(value) ? value.length : 0;
}
