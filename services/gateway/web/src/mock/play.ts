/** A whole study as its events, with the time of each: what a gateway would send, made up. */

import type { EpochReport, StudyEvent, TrialMove } from "../api/events";
import type { CurvePoint, Design, EventType, Study, TrialState } from "../api/types";
import type { Verdict } from "../api/verdict";
import { playFinals } from "./finals";
import type { MockFinalist } from "./verdict";
import { bell, pick, seeded } from "./random";
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
const LONGEST = 60;
/** After this epoch, so many of a cohort's lanes go on. */
const RUNG = { epoch: 12, keep: 5 };

export function playStudy(study: Study): TimedEvent[] {
  return new Player(study).play();
}

class Player {
  private readonly events: TimedEvent[] = [];
  private readonly random: Random;
  private readonly searched: MockFinalist[] = [];
  private at = 0;

  constructor(private readonly study: Study) {
    this.random = seeded(study.seed * 7919 + 17);
  }

  play(): TimedEvent[] {
    const total = this.study.budget.max_trials ?? 64;
    this.say("study.created", "", { state: "PENDING" });
    this.at += 300;
    this.moveStudy("PENDING", "RUNNING");
    for (let first = 1; first <= total; first += LANES) {
      this.playCohort(first, Math.min(total, first + LANES - 1));
    }
    this.at += 400;
    if (this.study.verdict === "auto") this.playFinals(total + 1);
    else this.testBest();
    this.moveStudy("RUNNING", "SUCCEEDED");
    return this.events;
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

  private playCohort(first: number, last: number): void {
    const cohortId = `c${first}`;
    const lanes: Lane[] = [];
    for (let number = first; number <= last; number += 1) {
      lanes.push(makeLane(this.random, number, this.study.metric === "r2"));
    }
    for (const lane of lanes) {
      this.moveTrial(lane.number, null, "PENDING", { design: lane.design, seed: lane.number });
    }
    for (const [from, to] of [
      ["PENDING", "QUEUED"],
      ["QUEUED", "RUNNING"],
    ] as const) {
      this.at += 60;
      for (const lane of lanes) this.moveTrial(lane.number, from, to, { cohort_id: cohortId });
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
      this.say("trial.epochs_reported", `cohorts/${cohortId}`, {
        cohort_id: cohortId,
        attempt: 1,
        reports,
      });
      for (const lane of training) {
        if (epoch === lane.epochs) this.endTrial(lane, epoch, elapsed);
      }
      training = training.filter((lane) => epoch < lane.epochs);
      if (this.study.halving !== "off" && epoch === RUNG.epoch) {
        training.sort((a, b) => (peakOf(b).score_val ?? 0) - (peakOf(a).score_val ?? 0));
        for (const lane of training.splice(RUNG.keep)) this.endTrial(lane, epoch, elapsed);
      }
    }
  }

  private endTrial(lane: Lane, epoch: number, elapsed: number): void {
    const peak = peakOf(lane);
    const pruned = epoch < lane.epochs;
    const failed = !pruned && lane.number % 29 === 0;
    const score = failed ? null : peak.score_val;
    if (score !== null && !pruned) {
      const { design, number: trial } = lane;
      const n_params = parameters(design);
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
      // Deeper and wider lanes have the larger share of their cohort's time.
      fit_time_seconds: elapsed * (0.35 + 0.16 * lane.design.hidden.length),
      n_params: parameters(lane.design),
      has_model: false,
    });
  }

  private moveStudy(from: Study["state"], to: Study["state"]): void {
    this.say("study.state_changed", "", { from, to, actor: "scheduler", detail: "" });
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

interface Lane {
  number: number;
  design: Design;
  epochs: number;
  /** What it would reach in the end, and how many epochs most of it takes. */
  limit: number;
  pace: number;
  curve: CurvePoint[];
}

function peakOf(lane: Lane): CurvePoint {
  return lane.curve.reduce((a, b) => ((b.score_val ?? 0) > (a.score_val ?? 0) ? b : a));
}

function makeLane(random: Random, number: number, regression: boolean): Lane {
  const depth = 1 + Math.floor(random() * 4);
  const hidden = Array.from({ length: depth }, () => pick(random, [16, 32, 64, 128, 256]));
  const design: Design = {
    hidden,
    activation: pick(random, ["relu", "tanh", "gelu", "silu"] as const),
    norm: pick(random, ["none", "batch", "layer"] as const),
    dropout: pick(random, [0, 0.1, 0.25]),
    residual: depth > 1 && random() < 0.3,
    optimizer: pick(random, ["adam", "adamw"] as const),
    learning_rate: 5e-4 * 40 ** random(),
    weight_decay: 0,
    batch_size: 32,
    momentum: 0.9,
    schedule: pick(random, ["constant", "cosine"] as const),
    warmup_epochs: 0,
    class_weight: "none",
    recipe: null,
    missing_indicators: false,
    group_rare: false,
  };
  const merit = 0.012 * depth + (design.norm === "none" ? -0.01 : 0.004) + bell(random) * 0.02;
  const limit = regression ? 0.46 + merit * 1.6 : Math.min(0.995, 0.945 + merit);
  const epochs = 14 + Math.floor(random() * (LONGEST - 14));
  return { number, design, epochs, limit, pace: 3 + random() * 7, curve: [] };
}

function report(lane: Lane, epoch: number, elapsed: number, random: Random): EpochReport {
  const learnt = 1 - Math.exp(-epoch / lane.pace);
  const point: CurvePoint = {
    epoch,
    train_loss: 1.1 * (1 - learnt) + 0.05,
    val_loss: 1.1 * (1 - learnt) + 0.08,
    score_val: lane.limit * learnt - Math.abs(bell(random)) * 0.012,
    elapsed_seconds: elapsed,
  };
  lane.curve.push(point);
  return { number: lane.number, ...point };
}

function parameters(design: Design): number {
  const widths = [9, ...design.hidden, 3];
  return widths.slice(1).reduce((sum, width, index) => sum + ((widths[index] ?? 0) + 1) * width, 0);
}
