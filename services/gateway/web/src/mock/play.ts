/** A whole study as its events, with the time of each: what a gateway would send, made up. */

import type { EpochReport, StudyEvent, TrialMove } from "../api/events";
import type { EventType, Study, TrialState } from "../api/types";
import type { Verdict } from "../api/verdict";
import { playFinals } from "./finals";
import type { MockFinalist } from "./verdict";
import { countParameters, fitTimeOf, makeLane, peakOf, report } from "./lanes";
import type { Lane } from "./lanes";
import { seeded } from "./random";
import type { Random } from "./random";

export interface TimedEvent {
  /** Milliseconds after the study's creation. */
  at: number;
  type: EventType;
  subject: string;
  data: StudyEvent["data"];
}

const LANES = 8;
const EPOCH_MS = 220;
/** After this epoch, so many of a cohort's lanes go on. */
const RUNG = { epoch: 12, keep: 5 };

export interface Script {
  /** Workers that train cohorts at the same time; each reports 4.5 times a second. */
  workers: number;
  /** False: no epochs are reported, so that a large study is small in memory. */
  epochs: boolean;
  /** The target has nothing to do with the features. */
  isNoise: boolean;
  /** Why it fails after a quarter of its trials; empty: it doesn't. */
  failure: string;
}

export const PLAIN: Script = { workers: 1, epochs: true, isNoise: false, failure: "" };

export function playStudy(study: Study, script: Script = PLAIN): TimedEvent[] {
  return new Player(study, script).play();
}

class Player {
  private readonly events: TimedEvent[] = [];
  private readonly random: Random;
  private readonly searched: MockFinalist[] = [];
  private at = 0;

  constructor(
    private readonly study: Study,
    private readonly script: Script,
  ) {
    this.random = seeded(study.seed * 7919 + 17);
  }

  play(): TimedEvent[] {
    const total = this.study.budget.max_trials ?? 64;
    this.say("study.created", "", { state: "PENDING" });
    this.at += 300;
    this.moveStudy("PENDING", "RUNNING");
    const asked = this.script.failure ? Math.ceil(total / 4) : total;
    this.playSearch(asked);
    this.at += 400;
    if (this.script.failure) {
      this.moveStudy("RUNNING", "FAILED", this.script.failure);
      return this.events;
    }
    if (this.study.verdict === "auto") this.playFinals(total + 1);
    else this.testBest();
    this.moveStudy("RUNNING", "SUCCEEDED");
    return this.events;
  }

  /** The next cohort goes to the worker that is free first. */
  private playSearch(total: number): void {
    const free = Array.from({ length: this.script.workers }, (_, index) => this.at + index * 37);
    for (let first = 1; first <= total; first += LANES) {
      const worker = free.indexOf(Math.min(...free));
      this.at = free[worker] ?? 0;
      this.playCohort(first, Math.min(total, first + LANES - 1), worker + 1);
      free[worker] = this.at;
    }
    this.events.sort((a, b) => a.at - b.at);
    this.at = Math.max(...free);
  }

  private playFinals(next: number): void {
    const stage = {
      metric: this.study.metric,
      random: this.random,
      wait: (milliseconds: number) => (this.at += milliseconds),
      move: this.moveTrial.bind(this),
      reach: (verdict: Verdict) => this.say("study.verdict_reached", "", { verdict }),
      test: this.testTrial.bind(this),
    };
    playFinals(stage, this.searched, next);
  }

  private testBest(): void {
    const best = this.searched.reduce((a, b) => (b.score_val > a.score_val ? b : a));
    this.testTrial(best.trial, best.score_val - 0.004 - this.random() * 0.012);
  }

  private testTrial(number: number, score_test: number): void {
    this.say("trial.tested", `trials/${number}`, { number, score_test });
  }

  private playCohort(first: number, last: number, worker: number): void {
    const cohortId = `c${first}`;
    const worker_id = `trainer-${worker}`;
    const kind = { metric: this.study.metric, isNoise: this.script.isNoise };
    const lanes: Lane[] = [];
    for (let number = first; number <= last; number += 1) {
      lanes.push(makeLane(this.random, number, kind));
    }
    for (const lane of lanes) {
      this.moveTrial(lane.number, null, "PENDING", { design: lane.design, seed: lane.number });
    }
    for (const [from, to] of [
      ["PENDING", "QUEUED"],
      ["QUEUED", "RUNNING"],
    ] as const) {
      this.at += 60;
      const rest = { cohort_id: cohortId, worker_id: to === "RUNNING" ? worker_id : "" };
      for (const lane of lanes) this.moveTrial(lane.number, from, to, rest);
    }
    this.trainLanes(lanes, cohortId);
  }

  private trainLanes(lanes: Lane[], cohortId: string): void {
    const started = this.at;
    let training = lanes;
    for (let epoch = 1; training.length > 0; epoch += 1) {
      this.at += EPOCH_MS;
      const elapsed = (this.at - started) / 1000;
      const reports = training.map((lane) => report(lane, epoch, elapsed, this.random));
      this.sayReports(cohortId, reports);
      for (const lane of training) {
        if (epoch === lane.epochs) this.endTrial(lane, epoch);
      }
      training = training.filter((lane) => epoch < lane.epochs);
      if (this.study.halving !== "off" && epoch === RUNG.epoch) {
        training.sort((a, b) => (peakOf(b).score_val ?? 0) - (peakOf(a).score_val ?? 0));
        for (const lane of training.splice(RUNG.keep)) this.endTrial(lane, epoch);
      }
    }
  }

  private endTrial(lane: Lane, epoch: number): void {
    const peak = peakOf(lane);
    const pruned = epoch < lane.epochs;
    const failed = !pruned && lane.number % 29 === 0;
    const score = failed ? null : peak.score_val;
    if (score !== null && !pruned) {
      const { design, number: trial } = lane;
      const n_params = countParameters(design);
      this.searched.push({ trial, design, n_params, score_val: score });
    }
    const end = failed ? "FAILED" : pruned ? "PRUNED" : "SUCCEEDED";
    this.moveTrial(lane.number, "RUNNING", end, {
      reason: failed ? "NAN_LOSS" : null,
      stop_reason: failed ? null : pruned ? "rung" : "early_stopping",
      score_val: score,
      val_loss: failed ? null : peak.val_loss,
      best_epoch: failed ? null : peak.epoch,
      epochs: epoch,
      fit_time_seconds: fitTimeOf(lane.design, epoch),
      n_params: countParameters(lane.design),
      has_model: false,
    });
  }

  private sayReports(cohort_id: string, reports: EpochReport[]): void {
    if (!this.script.epochs) return;
    const data = { cohort_id, attempt: 1, reports };
    this.say("trial.epochs_reported", `cohorts/${cohort_id}`, data);
  }

  private moveStudy(from: Study["state"], to: Study["state"], detail = ""): void {
    this.say("study.state_changed", "", { from, to, actor: "scheduler", detail });
  }

  private moveTrial(
    number: number,
    from: TrialState | null,
    to: TrialState,
    rest: Partial<TrialMove>,
  ): void {
    this.say("trial.state_changed", `trials/${number}`, {
      number,
      from,
      to,
      actor: "trainer",
      attempt: to === "PENDING" || to === "QUEUED" ? 0 : 1,
      worker_id: to === "RUNNING" ? "trainer-1" : "",
      ...rest,
    });
  }

  private say(type: EventType, path: string, data: StudyEvent["data"]): void {
    const subject = path
      ? `studies/${this.study.study_id}/${path}`
      : `studies/${this.study.study_id}`;
    this.events.push({ at: this.at, type, subject, data });
  }
}
