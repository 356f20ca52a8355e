/** What the events make of a study: the same fold that the server does, on what it sent first. */

import type { EpochReport, StudyEvent, TrialMove } from "../api/events";
import type { CurvePoint, Metric, Progress, Study, Trial } from "../api/types";
import type { Verdict } from "../api/verdict";
import { better, utility } from "../format/metric";
import { isEndedStudy, isEndedTrial } from "../format/words";
import { TrialTable } from "./trial_table";
import type { TrialTableDraft } from "./trial_table";

/** A trial with what has been heard of it while it trains. */
export interface LiveTrial extends Trial {
  /** The last epoch reported by the current attempt; null before the first one. */
  live: CurvePoint | null;
  /** The best validation score of the current attempt so far. */
  live_score: number | null;
}

export interface StudyView {
  study: Study;
  /** Of every purpose, by number. */
  trials: ReadonlyMap<number, LiveTrial>;
  /** The last one reached; null: none yet. */
  verdict: Verdict | null;
  /** The last event that is in `study`; events up to it have been counted. */
  seq: number;
  /** The last event that `trials` knew when they were read, if that was after the study was. */
  trialsSeq?: number;
}

export function liveTrial(trial: Trial): LiveTrial {
  return { ...trial, live: null, live_score: null };
}

/** `trialsSeq`: the last event that `trials` know, where they were read after the study. */
export function openView(
  study: Study,
  trials: readonly LiveTrial[],
  verdict: Verdict | null = null,
  trialsSeq = study.seq,
): StudyView {
  return { study, verdict, trials: TrialTable.of(trials), seq: study.seq, trialsSeq };
}

/** A new view; the old one stays as it was. Events up to `view.seq` are skipped. */
export function foldEvents(view: StudyView, events: readonly StudyEvent[]): StudyView {
  const draft: Draft = {
    ...view,
    study: { ...view.study, progress: { ...view.study.progress } },
    trials: tableOf(view.trials).edit(),
  };
  for (const event of events) {
    if (event.seq <= draft.seq) continue;
    draft.seq = event.seq;
    draft.study.seq = event.seq;
    applyEvent(draft, event);
  }
  return { ...draft, trials: draft.trials.done() };
}

function tableOf(trials: StudyView["trials"]): TrialTable {
  return trials instanceof TrialTable ? trials : TrialTable.of(trials.values());
}

type Draft = Omit<StudyView, "trials"> & { trials: TrialTableDraft };

function applyEvent(draft: Draft, event: StudyEvent): void {
  switch (event.type) {
    case "study.state_changed":
      draft.study.state = event.data.to;
      draft.study.detail = event.data.detail ?? draft.study.detail;
      if (event.data.to === "RUNNING") draft.study.started_at ??= event.time;
      if (isEndedStudy(event.data.to)) draft.study.ended_at = event.time;
      break;
    case "trial.state_changed":
      moveTrial(draft, event.data, event.time);
      break;
    case "trial.epochs_reported":
      for (const report of event.data.reports) takeReport(draft, report, event.data.attempt);
      break;
    case "trial.tested":
      patchTrial(draft, event.data.number, { score_test: event.data.score_test });
      break;
    case "study.described":
      Object.assign(draft.study, event.data);
      break;
    case "study.deleted":
      draft.study.deleted_at = event.time;
      break;
    case "study.restored":
      draft.study.deleted_at = null;
      break;
    case "study.verdict_reached":
      draft.verdict = event.data.verdict;
      draft.study.verdict_headline = event.data.verdict.headline;
      break;
    default:
      // A study's creation and its cohorts don't change what this page shows.
      break;
  }
}

function moveTrial(draft: Draft, move: TrialMove, time: string): void {
  const known = draft.trials.get(move.number);
  const before = known ?? plannedTrial(move, time);
  countMove(draft.study.progress, move, before === null || isOfSearch(before));
  if (before === null) return;
  const after = isKnownMove(draft, known, move)
    ? before
    : { ...before, ...movedFields(before, move, time) };
  draft.trials.set(after);
  const { best, metric } = draft.study;
  if (isEndedTrial(move.to) && leads(after, best, metric)) draft.study.best = after;
}

/** The trials were read after the study was: what the study has still to count, they know. */
function isKnownMove(draft: Draft, known: LiveTrial | undefined, move: TrialMove): boolean {
  if (!known) return false;
  if (draft.seq <= (draft.trialsSeq ?? 0)) return true;
  return isEndedTrial(known.state) && !isEndedTrial(move.to);
}

export function isOfSearch(trial: Trial): boolean {
  return trial.purpose === "search";
}

/** `done`, `cancelled` and `total` are of the search; all that train are `running`. */
function countMove(progress: Progress, move: TrialMove, ofSearch: boolean): void {
  const wasEnded = move.from !== null && isEndedTrial(move.from);
  if (isEndedTrial(move.to) && !wasEnded && ofSearch) {
    progress.done += 1;
    if (move.to === "CANCELLED") progress.cancelled = (progress.cancelled ?? 0) + 1;
  }
  if (move.from === "RUNNING") progress.running -= 1;
  if (move.to === "RUNNING") progress.running += 1;
  progress.running = Math.max(0, progress.running);
  progress.total = Math.max(progress.total, progress.done);
}

function plannedTrial(move: TrialMove, time: string): LiveTrial | null {
  if (!move.design) return null;
  return liveTrial({
    number: move.number,
    state: move.to,
    reason: null,
    stop_reason: null,
    detail: "",
    design: move.design,
    engine: move.engine ?? "fused",
    seed: move.seed ?? 0,
    cohort_id: move.cohort_id ?? "",
    score_val: null,
    score_test: null,
    val_loss: null,
    best_epoch: null,
    epochs: 0,
    fit_time_seconds: null,
    n_params: null,
    n_layers: move.design.hidden.length,
    attempt: 0,
    worker_id: "",
    has_model: false,
    purpose: move.purpose ?? "search",
    repeat: move.repeat ?? 0,
    share: move.share ?? 1,
    baseline: move.baseline ?? null,
    created_at: time,
    started_at: null,
    ended_at: null,
  });
}

function movedFields(before: LiveTrial, move: TrialMove, time: string): Partial<LiveTrial> {
  const fields: Partial<LiveTrial> = {
    state: move.to,
    cohort_id: move.cohort_id || before.cohort_id,
    attempt: move.attempt ?? before.attempt,
    worker_id: move.worker_id ?? before.worker_id,
  };
  // A new attempt starts from nothing; and of one that has ended, its end says all.
  Object.assign(fields, { live: null, live_score: null });
  if (move.to === "RUNNING") fields.started_at = time;
  if (isEndedTrial(move.to)) Object.assign(fields, endFields(move), { ended_at: time });
  return fields;
}

function endFields(move: TrialMove): Partial<LiveTrial> {
  return {
    reason: move.reason || null,
    stop_reason: move.stop_reason || null,
    detail: move.detail ?? "",
    score_val: move.score_val ?? null,
    val_loss: move.val_loss ?? null,
    best_epoch: move.best_epoch ?? null,
    epochs: move.epochs ?? 0,
    fit_time_seconds: move.fit_time_seconds ?? null,
    n_params: move.n_params ?? null,
    has_model: move.has_model ?? false,
  };
}

function takeReport(draft: Draft, report: EpochReport, attempt: number): void {
  const trial = draft.trials.get(report.number);
  if (!trial || isEndedTrial(trial.state) || attempt < trial.attempt) return;
  patchTrial(draft, report.number, {
    live: report,
    live_score: better(trial.live_score, report.score_val, draft.study.metric),
  });
}

function patchTrial(draft: Draft, number: number, fields: Partial<LiveTrial>): void {
  const trial = draft.trials.get(number);
  if (!trial) return;
  draft.trials.set({ ...trial, ...fields });
  if (draft.study.best?.number === number) {
    draft.study.best = { ...draft.study.best, ...fields };
  }
}

/** Whether a trial is ranked before the best one: score, then fewer parameters, then earlier. */
export function leads(trial: Trial, best: Trial | null, metric: Metric): boolean {
  if (!isOfSearch(trial) || trial.state !== "SUCCEEDED" || trial.score_val === null) return false;
  return best === null || best.score_val === null || compareStanding(trial, best, metric) < 0;
}

export function compareStanding(a: Trial, b: Trial, metric: Metric): number {
  return (
    compareScores(a.score_val, b.score_val, metric) ||
    (a.n_params ?? 0) - (b.n_params ?? 0) ||
    a.number - b.number
  );
}

/** Sorts the better one first, and what has no score last. */
export function compareScores(a: number | null, b: number | null, metric: Metric): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return utility(b, metric) - utility(a, metric);
}
