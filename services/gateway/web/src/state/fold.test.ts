import { describe, expect, it } from "vitest";
import type { StudyEvent, TrialMove } from "../api/events";
import type { Design, EventType, Study } from "../api/types";
import { blankStudy } from "../mock/studies";
import { mockVerdict } from "../mock/verdict";
import type { MockFinalist } from "../mock/verdict";
import { profile, sampleCsv } from "../mock/tables";
import { foldEvents, openView } from "./fold";
import type { StudyView } from "./fold";

const DESIGN: Design = {
  hidden: [64, 32],
  activation: "relu",
  norm: "none",
  dropout: 0,
  residual: false,
  optimizer: "adam",
  learning_rate: 0.001,
  weight_decay: 0,
  batch_size: 32,
  momentum: 0.9,
  schedule: "constant",
  warmup_epochs: 0,
  class_weight: "none",
  recipe: null,
  missing_indicators: false,
  group_rare: false,
};

function aStudy(): Study {
  const table = profile("penguins.csv", sampleCsv());
  return blankStudy("s1", table, { dataset_id: table.dataset_id, target: "species" }, 0);
}

function event(seq: number, type: EventType, data: unknown): StudyEvent {
  const time = new Date(seq * 1000).toISOString();
  return { v: 1, seq, time, type, subject: "studies/s1", data } as StudyEvent;
}

function move(seq: number, data: Partial<TrialMove>): StudyEvent {
  return event(seq, "trial.state_changed", {
    number: 1,
    actor: "trainer",
    from: null,
    to: "PENDING",
    ...data,
  });
}

function epochs(seq: number, epoch: number, score: number, attempt = 1): StudyEvent {
  const report = {
    number: 1,
    epoch,
    train_loss: 1,
    val_loss: 1,
    score_val: score,
    elapsed_seconds: epoch,
  };
  return event(seq, "trial.epochs_reported", { cohort_id: "c", attempt, reports: [report] });
}

function inTraining(): StudyView {
  return foldEvents(openView(aStudy(), []), [
    move(1, { design: DESIGN }),
    move(2, { from: "PENDING", to: "QUEUED" }),
    move(3, { from: "QUEUED", to: "RUNNING", attempt: 1 }),
  ]);
}

describe("folding events", () => {
  it("plans a trial, then shows it in training", () => {
    const trial = inTraining().trials.get(1);
    expect(trial?.state).toBe("RUNNING");
    expect(trial?.n_layers).toBe(2);
    expect(inTraining().study.progress.running).toBe(1);
  });

  it("keeps the best live score, and the last epoch", () => {
    const view = foldEvents(inTraining(), [epochs(4, 1, 0.9), epochs(5, 2, 0.7)]);
    expect(view.trials.get(1)?.live?.epoch).toBe(2);
    expect(view.trials.get(1)?.live_score).toBe(0.9);
  });

  it("counts an end once, however often the event comes", () => {
    const end = move(4, {
      from: "RUNNING",
      to: "SUCCEEDED",
      score_val: 0.8,
      n_params: 10,
      epochs: 3,
    });
    const once = foldEvents(inTraining(), [end, end]);
    const twice = foldEvents(once, [end]);
    expect(twice.study.progress).toMatchObject({ done: 1, running: 0 });
    expect(twice.study.best?.number).toBe(1);
  });

  it("leaves the view that it started from as it was", () => {
    const before = inTraining();
    foldEvents(before, [move(4, { from: "RUNNING", to: "FAILED", reason: "NAN_LOSS" })]);
    expect(before.trials.get(1)?.state).toBe("RUNNING");
    expect(before.study.progress.done).toBe(0);
  });

  it("keeps of an ended trial nothing that a reload would not show", () => {
    const view = foldEvents(inTraining(), [
      epochs(4, 1, 0.9),
      move(5, { from: "RUNNING", to: "FAILED", reason: "NAN_LOSS" }),
    ]);
    expect(view.trials.get(1)).toMatchObject({ live: null, live_score: null });
  });

  it("does not take an ended trial back when it was read after the event", () => {
    const ended = foldEvents(inTraining(), [
      move(4, { from: "RUNNING", to: "SUCCEEDED", score_val: 0.8 }),
    ]);
    const ahead = openView(aStudy(), [...ended.trials.values()]);
    const replayed = foldEvents(ahead, [move(1, { from: "QUEUED", to: "RUNNING" })]);
    expect(replayed.trials.get(1)?.state).toBe("SUCCEEDED");
  });

  it("forgets the reports of an attempt that was handed back, and ignores its late ones", () => {
    const view = foldEvents(inTraining(), [
      epochs(4, 7, 0.95),
      move(5, { from: "RUNNING", to: "QUEUED", attempt: 1 }),
      move(6, { from: "QUEUED", to: "RUNNING", attempt: 2 }),
      epochs(7, 8, 0.99, 1),
      epochs(8, 1, 0.4, 2),
    ]);
    expect(view.trials.get(1)?.live?.epoch).toBe(1);
    expect(view.trials.get(1)?.live_score).toBe(0.4);
  });

  it("ranks equals by size, then by number", () => {
    const end = (seq: number, number: number, n_params: number): StudyEvent[] => [
      move(seq, { number, design: DESIGN }),
      move(seq + 1, { number, from: "RUNNING", to: "SUCCEEDED", score_val: 0.5, n_params }),
    ];
    const view = foldEvents(openView(aStudy(), []), [
      ...end(1, 1, 30),
      ...end(3, 2, 20),
      ...end(5, 3, 20),
    ]);
    expect(view.study.best?.number).toBe(2);
  });

  it("shows the winner's test score, and the end", () => {
    const view = foldEvents(inTraining(), [
      move(4, { from: "RUNNING", to: "SUCCEEDED", score_val: 0.8 }),
      event(5, "trial.tested", { number: 1, score_test: 0.75 }),
      event(6, "study.state_changed", { from: "RUNNING", to: "SUCCEEDED", actor: "scheduler" }),
    ]);
    expect(view.study.best?.score_test).toBe(0.75);
    expect(view.study.state).toBe("SUCCEEDED");
    expect(view.study.ended_at).toBe(new Date(6000).toISOString());
  });

  it("counts and ranks the search's trials alone", () => {
    const view = foldEvents(inTraining(), [
      move(4, { from: "RUNNING", to: "SUCCEEDED", score_val: 0.8, n_params: 10 }),
      move(5, { number: 2, design: DESIGN, purpose: "confirm", repeat: 3 }),
      move(6, { number: 2, from: "QUEUED", to: "RUNNING" }),
      move(7, { number: 2, from: "RUNNING", to: "SUCCEEDED", score_val: 0.99, n_params: 10 }),
    ]);
    expect(view.trials.get(2)).toMatchObject({ purpose: "confirm", repeat: 3, score_val: 0.99 });
    expect(view.study.progress).toMatchObject({ done: 1, running: 0 });
    expect(view.study.best?.number).toBe(1);
  });

  it("takes the lower loss for the better", () => {
    const study = { ...aStudy(), metric: "log_loss" as const };
    const training = foldEvents(openView(study, []), [
      move(1, { design: DESIGN }),
      move(2, { from: "QUEUED", to: "RUNNING", attempt: 1 }),
      epochs(3, 1, 0.4),
      epochs(4, 2, 0.6),
    ]);
    expect(training.trials.get(1)?.live_score).toBe(0.4);
    const view = foldEvents(training, [
      move(5, { from: "RUNNING", to: "SUCCEEDED", score_val: 0.4 }),
      move(6, { number: 2, design: DESIGN }),
      move(7, { number: 2, from: "RUNNING", to: "SUCCEEDED", score_val: 0.5 }),
    ]);
    expect(view.study.best?.number).toBe(1);
  });

  it("shows the last verdict, with its headline on the study", () => {
    const reached = (seq: number, round: number): StudyEvent =>
      event(seq, "study.verdict_reached", {
        verdict: mockVerdict("accuracy", [finalist(1, 0.9), finalist(2, 0.8)], round, false),
      });
    const view = foldEvents(openView(aStudy(), []), [reached(1, 0), reached(2, 1)]);
    expect(view.verdict?.round).toBe(1);
    expect(view.study.verdict_headline).toBe(view.verdict?.headline);
  });
});

function finalist(trial: number, score_val: number): MockFinalist {
  return { trial, design: DESIGN, n_params: 100, score_val };
}
