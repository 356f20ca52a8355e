/** What a made-up study's events make of it, one event after the other. */

import type { StudyEvent, TrialMove } from "../api/events";
import type { Trial } from "../api/types";
import type { Verdict } from "../api/verdict";
import { better, utility } from "../format/metric";
import { isEndedStudy, isEndedTrial } from "../format/words";
import type { DescribedStudy, MockTrial } from "./contract";

export interface Folded {
  study: DescribedStudy;
  trials: Map<number, MockTrial>;
  verdict: Verdict | null;
  seq: number;
}

/** Changes `folded`: the mock's own copy, which nobody else holds. */
export function takeEvent(folded: Folded, event: StudyEvent): void {
  const { study } = folded;
  folded.seq = study.seq = event.seq;
  switch (event.type) {
    case "study.state_changed":
      study.state = event.data.to;
      study.detail = event.data.detail ?? study.detail;
      if (event.data.to === "RUNNING") study.started_at ??= event.time;
      if (isEndedStudy(event.data.to)) study.ended_at = event.time;
      break;
    case "trial.state_changed":
      moveTrial(folded, event.data, event.time);
      break;
    case "trial.epochs_reported":
      for (const report of event.data.reports) {
        const trial = folded.trials.get(report.number);
        if (!trial || isEndedTrial(trial.state)) continue;
        trial.live = report;
        trial.live_score = better(trial.live_score, report.score_val, study.metric);
      }
      break;
    case "trial.tested": {
      const trial = folded.trials.get(event.data.number);
      if (trial) trial.score_test = event.data.score_test;
      break;
    }
    case "study.verdict_reached":
      folded.verdict = event.data.verdict;
      study.verdict_headline = event.data.verdict.headline;
      break;
    default:
      break;
  }
}

function moveTrial({ study, trials }: Folded, move: TrialMove, time: string): void {
  const trial = trials.get(move.number) ?? planned(move, time);
  trials.set(move.number, trial);
  const { progress } = study;
  const ended = isEndedTrial(move.to);
  if (ended && !isEndedTrial(trial.state) && trial.purpose === "search") {
    progress.done += 1;
    if (move.to === "CANCELLED") progress.cancelled = (progress.cancelled ?? 0) + 1;
  }
  if (move.from === "RUNNING") progress.running -= 1;
  if (move.to === "RUNNING") progress.running += 1;
  trial.state = move.to;
  trial.cohort_id = move.cohort_id ?? trial.cohort_id;
  trial.attempt = move.attempt ?? trial.attempt;
  trial.worker_id = move.worker_id || trial.worker_id;
  if (move.to === "RUNNING") trial.started_at = time;
  if (!ended) return;
  Object.assign(trial, result(move), { ended_at: time, live: null });
  if (leads(trial, study)) study.best = trial;
}

function leads(trial: Trial, { best, metric }: DescribedStudy): boolean {
  if (trial.purpose !== "search" || trial.state !== "SUCCEEDED") return false;
  if (trial.score_val === null) return false;
  const known = best?.score_val ?? null;
  return known === null || utility(trial.score_val, metric) > utility(known, metric);
}

function result(move: TrialMove): Partial<Trial> {
  return {
    reason: move.reason ?? null,
    stop_reason: move.stop_reason ?? null,
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

function planned(move: TrialMove, time: string): MockTrial {
  if (!move.design) throw new Error(`trial ${move.number} moves before it is planned`);
  return {
    ...(result({ ...move, detail: "" }) as Trial),
    number: move.number,
    state: move.to,
    design: move.design,
    engine: move.engine ?? "fused",
    seed: move.seed ?? 0,
    cohort_id: move.cohort_id ?? "",
    score_test: null,
    n_layers: move.design.hidden.length,
    attempt: 0,
    worker_id: "",
    purpose: move.purpose ?? "search",
    repeat: move.repeat ?? 0,
    share: move.share ?? 1,
    baseline: move.baseline ?? null,
    created_at: time,
    started_at: null,
    ended_at: null,
    live: null,
    live_score: null,
  };
}
