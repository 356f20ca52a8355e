/** One study on the screen: loaded by REST, kept current by its events. */

import { batch, signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { getStudy, getVerdict, listTrials } from "../api/client";
import type { StudyEvent } from "../api/events";
import { Feed } from "../api/feed";
import type { FeedStatus } from "../api/feed";
import type { Study, Trial } from "../api/types";
import type { Verdict } from "../api/verdict";
import { isEndedStudy } from "../format/words";
import { foldEvents, openView } from "./fold";
import type { StudyView } from "./fold";

// Many events a second become a few renders; the eye needs no more.
const FLUSH_MS = 150;
// The estimate of the time left is the server's; it needs no event to change.
const ESTIMATE_MS = 5_000;

export interface StudyStore {
  view: ReadonlySignal<StudyView | null>;
  /** Why there is no view; null while it loads. */
  error: ReadonlySignal<unknown>;
  /** Why there is a study without the verdict that it has; null otherwise. */
  verdictError: ReadonlySignal<unknown>;
  status: ReadonlySignal<FeedStatus>;
  /** When the server last said anything, in milliseconds since 1970. */
  asOf: ReadonlySignal<number>;
  /** When `progress.elapsed_seconds` was true, in milliseconds since 1970. */
  elapsedAt: ReadonlySignal<number>;
  reload(): void;
  /** Shows at once what a command answered; the events say the same a moment later. */
  take(study: Study): void;
  close(): void;
}

export function openStudy(studyId: string): StudyStore {
  const view = signal<StudyView | null>(null);
  const error = signal<unknown>(null);
  const verdictError = signal<unknown>(null);
  const status = signal<FeedStatus>("connecting");
  const asOf = signal(0);
  const elapsedAt = signal(Date.now());
  let feed: Feed | null = null;
  let waiting: StudyEvent[] = [];
  let flushTimer: ReturnType<typeof setTimeout> | undefined;
  let generation = 0;

  function flush(): void {
    flushTimer = undefined;
    const events = waiting;
    waiting = [];
    if (view.value && events.length > 0) view.value = foldEvents(view.value, events);
  }

  function onEvent(event: StudyEvent): void {
    waiting.push(event);
    flushTimer ??= setTimeout(flush, FLUSH_MS);
  }

  /** Estimates come with every study that the server sends; counts come with the events. */
  function takeEstimate(study: Study): void {
    const current = view.value;
    if (!current) return;
    const { done, running } = current.study.progress;
    const progress = { ...study.progress, done, running };
    batch(() => {
      view.value = { ...current, study: { ...current.study, progress } };
      elapsedAt.value = Date.now();
    });
  }

  async function load(): Promise<void> {
    const mine = ++generation;
    feed?.close();
    feed = null;
    waiting = [];
    try {
      const study = await getStudy(studyId);
      let complaint: unknown = null;
      // The rest of the page can be shown without it.
      const reading = loadVerdict(study).catch((problem: unknown) => {
        complaint = problem;
        return null;
      });
      const [trials, verdict] = await Promise.all([loadTrials(studyId), reading]);
      if (mine !== generation) return;
      batch(() => {
        error.value = null;
        verdictError.value = complaint;
        view.value = openView(study, trials, verdict);
        asOf.value = elapsedAt.value = Date.now();
        if (isEndedStudy(study.state)) status.value = "ended";
      });
      if (!isEndedStudy(study.state)) feed = follow(study.seq);
    } catch (problem) {
      if (mine === generation) error.value = problem;
    }
  }

  function follow(after: number): Feed {
    return new Feed(studyId, after, {
      onStatus: (next) => (status.value = next),
      onFrame: () => (asOf.value = Date.now()),
      onHello: takeEstimate,
      onEvent,
      onReset: () => void load(),
      // A snapshot at the end, so that no last event can be missing.
      onEnd: () => void load(),
    });
  }

  async function refreshEstimate(): Promise<void> {
    const current = view.value;
    if (status.value !== "live" || document.hidden || !current) return;
    if (isEndedStudy(current.study.state)) return;
    // The connection pill speaks of failures; an estimate may be late.
    const study = await getStudy(studyId).catch(() => null);
    if (study && status.value === "live") takeEstimate(study);
  }

  const estimates = setInterval(() => void refreshEstimate(), ESTIMATE_MS);
  void load();
  return {
    view,
    error,
    verdictError,
    status,
    asOf,
    elapsedAt,
    reload: () => {
      error.value = null;
      void load();
    },
    take: (study) => {
      const current = view.value;
      if (!current) return;
      view.value = { ...current, study: { ...current.study, state: study.state } };
    },
    close: () => {
      generation += 1;
      clearInterval(estimates);
      clearTimeout(flushTimer);
      feed?.close();
    },
  };
}

async function loadTrials(studyId: string): Promise<Trial[]> {
  const trials: Trial[] = [];
  let token = "";
  do {
    const page = await listTrials(studyId, token);
    trials.push(...page.trials);
    token = page.next_page_token;
  } while (token);
  return trials;
}

/** The headline says whether there is one, so that nobody asks for what isn't there. */
function loadVerdict(study: Study): Promise<Verdict | null> {
  return study.verdict_headline ? getVerdict(study.study_id) : Promise.resolve(null);
}
