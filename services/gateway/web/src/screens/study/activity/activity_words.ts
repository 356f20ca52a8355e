/** What happened, in a sentence. */

import type { Activity } from "../../../api/types";
import { counted } from "../../../format/numbers";
import { layers, reasonWords } from "../../../format/words";

export type ActivityKind = "study" | "trials" | "cohorts" | "failures";

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
      return `${Object.keys(data).map(capital).join(", ")} changed`;
    case "study.deleted":
      return "The study was deleted";
    case "study.restored":
      return "The study was restored";
    case "study.verdict_reached":
      return verdictWords(data);
    case "study.state_changed":
      return `The study is ${lower(text(data, "to"))}${detail(data)}`;
    case "cohort.registered":
      return `A cohort of ${counted(listLength(data, "numbers"), "design")} was planned`;
    case "cohort.state_changed":
      return `A cohort is ${lower(text(data, "to"))}${byWorker(data)}${why(data)}`;
    case "trial.tested":
      return `Trial ${place(subject)} met the test rows`;
    case "trial.evaluated":
      return `Trial ${place(subject)} was evaluated on its ${text(data, "rows")} rows`;
    case "trial.state_changed":
      return `Trial ${place(subject)} is ${lower(text(data, "to"))}${design(data)}${why(data)}`;
    default:
      return type;
  }
}

function verdictWords(data: Activity["data"]): string {
  const verdict = data.verdict as { headline?: string; is_final?: boolean } | undefined;
  return `${verdict?.is_final ? "Verdict" : "So far"}: ${verdict?.headline ?? ""}`;
}

function place(subject: string): string {
  return subject.split("/").at(-1) ?? "";
}

function design(data: Activity["data"]): string {
  const its = data.design as { hidden?: number[] } | undefined;
  return its?.hidden ? `, ${layers(its.hidden)}` : "";
}

function byWorker(data: Activity["data"]): string {
  const worker = text(data, "worker_id");
  return worker === "" ? "" : `, by ${worker}`;
}

function why(data: Activity["data"]): string {
  const reason = text(data, "reason");
  return reason === "" ? "" : `: ${reasonWords(reason)}${detail(data)}`;
}

function detail(data: Activity["data"]): string {
  const words = text(data, "detail");
  return words === "" ? "" : ` (${words})`;
}

function lower(state: string): string {
  return state.toLowerCase();
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function text(data: Activity["data"], name: string): string {
  const value = data[name];
  return typeof value === "string" ? value : "";
}

function listLength(data: Activity["data"], name: string): number {
  const value = data[name];
  return Array.isArray(value) ? value.length : 0;
}
