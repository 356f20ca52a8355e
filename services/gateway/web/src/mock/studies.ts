/** The mock's studies: each one is its events so far, folded. */

import type { Verb } from "../api/client";
import type { StudyEvent } from "../api/events";
import type { StudyState, TrialWithCurve } from "../api/types";
import { isEndedStudy, isEndedTrial } from "../format/words";
import type { DescribedStudy, Notes } from "./contract";
import { takeEvent } from "./fold";
import type { Folded } from "./fold";
import { curveTo } from "./lanes";
import { PLAIN, playStudy } from "./play";
import type { Script, TimedEvent } from "./play";
import { seeded } from "./random";

export { blankStudy } from "./blank";

const STATE_AFTER: Readonly<Record<Verb, StudyState>> = {
  suspend: "SUSPENDED",
  resume: "RUNNING",
  stop: "SUCCEEDED",
  cancel: "CANCELLED",
};

export class MockStudy {
  private events: TimedEvent[] | null = null;
  /** What a suspended study has still to say. */
  private held: TimedEvent[] = [];
  private readonly folded: Folded;

  constructor(
    blank: DescribedStudy,
    private readonly createdAt: number,
    private readonly script: Script = PLAIN,
  ) {
    this.folded = { study: structuredClone(blank), trials: new Map(), verdict: null, seq: 0 };
  }

  get id(): string {
    return this.folded.study.study_id;
  }

  eventsAfter(seq: number): StudyEvent[] {
    this.advance();
    return this.played()
      .slice(seq, this.folded.seq)
      .map((event, index) => this.enveloped(event, seq + index + 1));
  }

  view(): Folded {
    this.advance();
    const { study } = this.folded;
    const { progress, state } = study;
    const end = study.ended_at ? Date.parse(study.ended_at) : Date.now();
    progress.elapsed_seconds = (end - this.createdAt) / 1000;
    const left =
      ((progress.total - progress.done) * progress.elapsed_seconds) / Math.max(1, progress.done);
    const known = !isEndedStudy(state) && progress.done > 0;
    progress.eta_low_seconds = known ? left * 0.8 : null;
    progress.eta_high_seconds = known ? left * 1.4 : null;
    return this.folded;
  }

  trial(number: number): TrialWithCurve | null {
    const trial = this.view().trials.get(number);
    if (!trial) return null;
    const random = seeded(number);
    const curve = this.script.epochs
      ? this.reportsOf(number)
      : curveTo(trial.score_val ?? 0.5, trial.epochs, random);
    return { ...trial, curve };
  }

  describe(notes: Partial<Notes>): DescribedStudy {
    return Object.assign(this.view().study, notes);
  }

  command(verb: Verb): DescribedStudy {
    const { study, seq } = this.view();
    const now = Date.now() - this.createdAt;
    const left = [...this.played().slice(seq), ...this.held];
    this.events = this.played().slice(0, seq);
    this.held = verb === "suspend" ? left : [];
    const to = STATE_AFTER[verb];
    if (isEndedStudy(to)) this.cancelTrials(now);
    this.append(now, "study.state_changed", { from: study.state, to, actor: "user", detail: "" });
    if (verb === "resume") {
      const pause = now - (left[0]?.at ?? now) + 500;
      this.events.push(...left.map((event) => ({ ...event, at: event.at + pause })));
    }
    return this.view().study;
  }

  private played(): TimedEvent[] {
    this.events ??= playStudy(this.folded.study, this.script);
    return this.events;
  }

  private advance(): void {
    const events = this.played();
    const now = Date.now() - this.createdAt;
    for (let event = events[this.folded.seq]; event; event = events[this.folded.seq]) {
      if (event.at > now) break;
      takeEvent(this.folded, this.enveloped(event, this.folded.seq + 1));
    }
  }

  private enveloped({ at, type, subject, data }: TimedEvent, seq: number): StudyEvent {
    const time = new Date(this.createdAt + at).toISOString();
    return { v: 1, seq, time, type, subject, data } as StudyEvent;
  }

  private reportsOf(number: number): TrialWithCurve["curve"] {
    return this.eventsAfter(0).flatMap((event) =>
      event.type === "trial.epochs_reported"
        ? event.data.reports.filter((report) => report.number === number)
        : [],
    );
  }

  private cancelTrials(now: number): void {
    for (const { number, state } of this.folded.trials.values()) {
      if (isEndedTrial(state)) continue;
      const move = { number, from: state, to: "CANCELLED", actor: "user" } as const;
      this.append(now, "trial.state_changed", move);
    }
  }

  private append(at: number, type: TimedEvent["type"], data: TimedEvent["data"]): void {
    this.played().push({ at, type, subject: `studies/${this.id}`, data });
  }
}
