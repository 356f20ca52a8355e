/** One study on the screen: loaded by REST, kept current by its events. */

import { batch, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { getStudy, Unreachable } from "../api/client";
import type { StudyEvent } from "../api/events";
import { Feed } from "../api/feed";
import type { FeedStatus } from "../api/feed";
import { onWake, Retry } from "../api/retry";
import type { Study } from "../api/types";
import { isEndedStudy } from "../format/words";
import { foldEvents } from "./fold";
import type { StudyView } from "./fold";
import { Inbox } from "./inbox";
import { growCurves, refetchCurves } from "./live_curves";
import { isMissing, loadSnapshot } from "./study_snapshot";
import type { Snapshot } from "./study_snapshot";

// The estimate of the time left is the server's; it needs no event to change.
const ESTIMATE_MS = 5_000;
const TRIES_UNTIL_OFFLINE = 4;

export interface StudyStore {
  view: ReadonlySignal<StudyView | null>;
  /** Why it can't be read, or no longer; null while it can, or loads. */
  error: ReadonlySignal<unknown>;
  /** Why there is a study without the verdict that it has; null otherwise. */
  verdictError: ReadonlySignal<unknown>;
  status: ReadonlySignal<FeedStatus>;
  /** When the server last said anything, in milliseconds since 1970. */
  asOf: ReadonlySignal<number>;
  /** When the server is asked again by itself, in milliseconds since 1970; null: it isn't away. */
  nextTry: ReadonlySignal<number | null>;
  /** When `progress.elapsed_seconds` was true, in milliseconds since 1970. */
  elapsedAt: ReadonlySignal<number>;
  reload(): void;
  /** Asks the server now instead of at `nextTry`. */
  tryNow(): void;
  /** Shows at once what a command answered; the events say the same a moment later. */
  take(study: Study): void;
  close(): void;
}

export function openStudy(studyId: string): StudyStore {
  return new LiveStudy(studyId);
}

class LiveStudy implements StudyStore {
  readonly view = signal<StudyView | null>(null);
  readonly error = signal<unknown>(null);
  readonly verdictError = signal<unknown>(null);
  readonly status = signal<FeedStatus>("connecting");
  readonly asOf = signal(0);
  readonly nextTry = signal<number | null>(null);
  readonly elapsedAt = signal(Date.now());
  private feed: Feed | null = null;
  /** Answers to older requests than the last one are dropped. */
  private generation = 0;
  private awaitsEstimate = false;
  private readonly inbox = new Inbox((events) => this.fold(events));
  private readonly retry = new Retry(
    () => void this.load(),
    (at) => (this.nextTry.value = at),
  );
  private readonly estimates = setInterval(() => void this.refreshEstimate(), ESTIMATE_MS);
  private readonly stopWaking = onWake(() => {
    if (this.retry.isPlanned) this.retry.now();
  });

  constructor(private readonly studyId: string) {
    void this.load();
  }

  readonly reload = (): void => {
    this.error.value = null;
    this.retry.now();
  };

  readonly tryNow = (): void => {
    if (this.retry.isPlanned) this.retry.now();
    this.feed?.tryNow();
  };

  readonly close = (): void => {
    this.generation += 1;
    clearInterval(this.estimates);
    this.stopWaking();
    this.retry.cancel();
    this.leaveFeed();
  };

  take({ state, name, note, tags, deleted_at }: Study): void {
    this.changeStudy({ state, name, note, tags, deleted_at });
  }

  private async load(): Promise<void> {
    const mine = ++this.generation;
    this.leaveFeed();
    try {
      const snapshot = await loadSnapshot(this.studyId);
      if (mine !== this.generation) return;
      this.show(snapshot);
      refetchCurves(this.studyId);
    } catch (problem) {
      if (mine === this.generation) this.onLoadFailed(problem);
    }
  }

  private show({ view, verdictError }: Snapshot): void {
    const ended = isEndedStudy(view.study.state);
    this.retry.succeeded();
    batch(() => {
      this.error.value = null;
      this.verdictError.value = verdictError;
      this.view.value = view;
      this.asOf.value = this.elapsedAt.value = Date.now();
      if (ended) this.status.value = "ended";
    });
    if (!ended) this.feed = this.follow(view.study.seq);
  }

  /** What is on the screen stays there, with its age, until the server is back. */
  private onLoadFailed(problem: unknown): void {
    const isAway = problem instanceof Unreachable;
    if (this.view.value === null || !isAway) this.error.value = problem;
    if (isMissing(problem)) return;
    const offline = this.retry.failures >= TRIES_UNTIL_OFFLINE;
    this.status.value = offline ? "offline" : "reconnecting";
    this.retry.later();
  }

  private follow(after: number): Feed {
    return new Feed(this.studyId, after, {
      onStatus: (status) => (this.status.value = status),
      onNextTry: (at) => (this.nextTry.value = at),
      onFrame: () => (this.asOf.value = Date.now()),
      onHello: (study) => this.takeEstimate(study),
      onEvent: (event) => this.inbox.put(event),
      onFailure: () => void this.lookForStudy(),
      onReset: () => void this.load(),
      // A snapshot at the end, so that no last event can be missing.
      onEnd: () => void this.load(),
    });
  }

  private leaveFeed(): void {
    this.feed?.close();
    this.feed = null;
    this.inbox.clear();
  }

  private fold(events: readonly StudyEvent[]): void {
    growCurves(this.studyId, events);
    if (this.view.value) this.view.value = foldEvents(this.view.value, events);
  }

  /** A socket doesn't say why it can't be opened. */
  private async lookForStudy(): Promise<void> {
    const mine = this.generation;
    const problem = await getStudy(this.studyId).then(
      () => null,
      (reason: unknown) => reason,
    );
    if (mine !== this.generation || !isMissing(problem)) return;
    this.leaveFeed();
    this.error.value = problem;
  }

  private async refreshEstimate(): Promise<void> {
    const mine = this.generation;
    // Of a slow server, one answer at a time is enough.
    if (this.status.value !== "live" || document.hidden || this.awaitsEstimate) return;
    this.awaitsEstimate = true;
    // The connection pill speaks of failures; an estimate may be late.
    const study = await getStudy(this.studyId).catch(() => null);
    this.awaitsEstimate = false;
    const isCurrent = mine === this.generation && this.status.value === "live";
    if (study && isCurrent) this.takeEstimate(study);
  }

  /** Estimates come with every study that the server sends; counts come with the events. */
  private takeEstimate(study: Study): void {
    const current = this.view.value;
    if (!current) return;
    const { done, running } = current.study.progress;
    batch(() => {
      this.changeStudy({ progress: { ...study.progress, done, running } });
      this.elapsedAt.value = Date.now();
    });
  }

  private changeStudy(fields: Partial<Study>): void {
    const current = this.view.value;
    if (current) this.view.value = { ...current, study: { ...current.study, ...fields } };
  }
}
