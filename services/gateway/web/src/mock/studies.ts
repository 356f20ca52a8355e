/** The mock's studies: each one is its events so far, folded as the page itself folds them. */

import type { Verb } from "../api/client";
import type { StudyEvent } from "../api/events";
import type { Dataset, Study, StudyRequest, StudyState, TrialWithCurve } from "../api/types";
import { defaultMetric } from "../format/metric";
import { isEndedStudy, isEndedTrial } from "../format/words";
import { foldEvents, openView } from "../state/fold";
import type { StudyView } from "../state/fold";
import { playStudy } from "./play";
import type { TimedEvent } from "./play";

export class MockStudy {
  private events: TimedEvent[];
  /** What a suspended study has still to say. */
  private held: TimedEvent[] = [];

  constructor(
    private readonly blank: Study,
    private readonly createdAt: number,
  ) {
    this.events = playStudy(blank);
  }

  get id(): string {
    return this.blank.study_id;
  }

  eventsAfter(seq: number): StudyEvent[] {
    const now = Date.now() - this.createdAt;
    const said = this.events.filter((event) => event.at <= now);
    return said.slice(seq).map((event, index) => ({
      v: 1,
      seq: seq + index + 1,
      time: new Date(this.createdAt + event.at).toISOString(),
      type: event.type,
      subject: event.subject,
      data: event.data,
    })) as StudyEvent[];
  }

  view(): StudyView {
    const view = foldEvents(openView(this.blank, []), this.eventsAfter(0));
    const { progress, state } = view.study;
    const end = view.study.ended_at ? Date.parse(view.study.ended_at) : Date.now();
    progress.elapsed_seconds = (end - this.createdAt) / 1000;
    const left =
      ((progress.total - progress.done) * progress.elapsed_seconds) / Math.max(1, progress.done);
    const known = !isEndedStudy(state) && progress.done > 0;
    progress.eta_low_seconds = known ? left * 0.8 : null;
    progress.eta_high_seconds = known ? left * 1.4 : null;
    return view;
  }

  trial(number: number): TrialWithCurve | null {
    const trial = this.view().trials.get(number);
    if (!trial) return null;
    const curve = this.eventsAfter(0).flatMap((event) =>
      event.type === "trial.epochs_reported"
        ? event.data.reports.filter((report) => report.number === number)
        : [],
    );
    return { ...trial, curve };
  }

  command(verb: Verb): Study {
    const now = Date.now() - this.createdAt;
    const { study, trials } = this.view();
    const left = [...this.events.filter((event) => event.at > now), ...this.held];
    this.events = this.events.filter((event) => event.at <= now);
    this.held = [];
    const to = (
      { suspend: "SUSPENDED", resume: "RUNNING", stop: "SUCCEEDED", cancel: "CANCELLED" } as const
    )[verb];
    if (verb === "suspend") this.held = left;
    if (verb === "resume") {
      const pause = now - (left[0]?.at ?? now);
      this.events.push(...left.map((event) => ({ ...event, at: event.at + pause + 500 })));
    }
    if (isEndedStudy(to)) {
      for (const trial of trials.values()) {
        if (isEndedTrial(trial.state)) continue;
        const data = {
          number: trial.number,
          from: trial.state,
          to: "CANCELLED" as const,
          actor: "user",
        };
        this.append(now, "trial.state_changed", data);
      }
    }
    this.append(now, "study.state_changed", { from: study.state, to, actor: "user", detail: "" });
    return this.view().study;
  }

  private append(at: number, type: TimedEvent["type"], data: TimedEvent["data"]): void {
    const event = { at, type, subject: `studies/${this.id}`, data };
    const place = this.events.findIndex((each) => each.at > at);
    this.events.splice(place < 0 ? this.events.length : place, 0, event);
  }
}

const ESTIMATED: Study["estimate"] = {
  estimate_id: "mock",
  seconds_low: 62,
  seconds_high: 118,
  bytes_low: 3.1e8,
  bytes_high: 4.2e8,
  trials: 64,
  is_rough: false,
  actual_seconds: null,
};

export function blankStudy(
  id: string,
  dataset: Dataset,
  request: StudyRequest,
  createdAt: number,
): Study {
  const task = request.task ?? dataset.suggested_task;
  const state: StudyState = "PENDING";
  return {
    study_id: id,
    name: request.name ?? `${request.target} of ${dataset.name}`,
    state,
    detail: "",
    dataset_id: dataset.dataset_id,
    dataset_name: dataset.name,
    target: request.target,
    task,
    metric: request.metric ?? defaultMetric(task),
    preset: request.preset ?? "balanced",
    space: {},
    search: request.search ?? "random",
    recipe: request.recipe ?? "paper",
    engine: request.engine ?? "fused",
    halving: request.halving === "off" ? "off" : { factor: 3, min_epochs: 1 },
    seed: request.seed ?? 0,
    column_kinds: {},
    split: { method: "stratified", column: null, folds: 5 },
    constraints: { max_params: null, max_trial_seconds: null },
    designs: [],
    verdict: request.verdict ?? "auto",
    verdict_headline: null,
    kind: "study",
    replay: null,
    estimate: request.estimate_id ? ESTIMATED : null,
    budget: { max_trials: request.budget?.max_trials ?? 64, max_epochs: 200, time_seconds: null },
    progress: {
      done: 0,
      total: request.budget?.max_trials ?? 64,
      running: 0,
      elapsed_seconds: 0,
      eta_low_seconds: null,
      eta_high_seconds: null,
    },
    best: null,
    seq: 0,
    created_at: new Date(createdAt).toISOString(),
    started_at: null,
    ended_at: null,
  };
}
