/** Where a study is on its way from the search to its verdict. */

import type { Purpose } from "../api/types";
import { isEndedStudy, isEndedTrial } from "../format/words";
import type { LiveTrial, StudyView } from "./fold";

export type PhaseName = "search" | "confirm" | "explain" | "test";

export interface Phase {
  name: PhaseName;
  state: "done" | "now" | "next" | "skipped";
  /** Trials of this phase that have ended, and all that are known of; null: nothing to count. */
  count: { done: number; total: number } | null;
}

const OF_PURPOSE: Record<Purpose, PhaseName> = {
  search: "search",
  baseline: "confirm",
  confirm: "confirm",
  ablation: "explain",
  rows: "explain",
  test: "test",
};

const ORDER: readonly PhaseName[] = ["search", "confirm", "explain", "test"];

/** All phases in order. The trials say which one is under way, for each phase has its purposes;
 *  so does the server, where it knows of a phase whose trials have not come yet.
 */
export function phasesOf(view: StudyView): Phase[] {
  const { study } = view;
  const ended = isEndedStudy(study.state);
  const counts = countTrials(view.trials.values());
  const tested = [...view.trials.values()].some((trial) => trial.score_test !== null);
  const begun = (name: PhaseName): boolean =>
    name === "search" || (name === "test" ? tested : counts.has(name));
  const told = ORDER.findIndex((name) => name === study.progress.phase);
  const current = Math.max(told, ...ORDER.map((name, index) => (begun(name) ? index : 0)));
  return ORDER.map((name, index) => ({
    name,
    state: stateOf(index, current, begun(name), ended),
    count:
      name === "search"
        ? { done: study.progress.done, total: study.progress.total }
        : (counts.get(name) ?? null),
  }));
}

function stateOf(index: number, current: number, begun: boolean, ended: boolean): Phase["state"] {
  if (ended || index < current) return begun ? "done" : "skipped";
  return index === current ? "now" : "next";
}

function countTrials(
  trials: Iterable<LiveTrial>,
): Map<PhaseName, { done: number; total: number }> {
  const counts = new Map<PhaseName, { done: number; total: number }>();
  for (const trial of trials) {
    const name = OF_PURPOSE[trial.purpose];
    const count = counts.get(name) ?? { done: 0, total: 0 };
    count.total += 1;
    if (isEndedTrial(trial.state)) count.done += 1;
    counts.set(name, count);
  }
  return counts;
}

/** The round of the finals that is under way, from 1; null before the first. */
export function roundOf(view: StudyView): number | null {
  let last = 0;
  for (const trial of view.trials.values()) {
    if (trial.purpose === "confirm") last = Math.max(last, trial.repeat);
  }
  return last > 0 ? Math.ceil(last / view.study.split.folds) : null;
}

export const PHASE_WORDS: Record<PhaseName, string> = {
  search: "Search",
  confirm: "Finals",
  explain: "Why it won",
  test: "Test",
};

/** `Search`, `Finals, round 2`: what the study does now. */
export function phaseWords(view: StudyView): string {
  const now = phasesOf(view).find((phase) => phase.state === "now");
  if (!now) return "";
  const round = now.name === "confirm" ? roundOf(view) : null;
  return round === null ? PHASE_WORDS[now.name] : `${PHASE_WORDS[now.name]}, round ${round}`;
}
