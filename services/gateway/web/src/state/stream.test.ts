/** Wherever a study's events are cut, repeated or read ahead of: the page shows the same. */

import { describe, expect, it } from "vitest";
import type { StudyEvent } from "../api/events";
import type { Study, Trial } from "../api/types";
import { seeded } from "../mock/random";
import { blankStudy, MockStudy } from "../mock/studies";
import { columnsOf } from "../mock/trial_routes";
import { profile, sampleCsv } from "../mock/tables";
import { trialsOf } from "./columns";
import { foldEvents, liveTrial, openView } from "./fold";
import type { StudyView } from "./fold";

const DAY_MS = 86_400_000;
const TRIALS = 40;

const study = (() => {
  const table = profile("penguins.csv", sampleCsv());
  const request = {
    dataset_id: table.dataset_id,
    target: "species",
    seed: 5,
    budget: { max_trials: TRIALS },
  };
  const created = Date.now() - DAY_MS;
  return { blank: blankStudy("s", table, request, created), request, table, created };
})();
const events = new MockStudy(study.blank, study.created).eventsAfter(0);
const random = seeded(42);

function fresh(): StudyView {
  return openView(structuredClone(study.blank) as Study, []);
}

/** What a server that has written events up to `seq` would answer. */
function answered(seq: number): { study: Study; trials: Trial[] } {
  const { study: its, trials } = foldEvents(fresh(), events.slice(0, seq));
  return { study: { ...its, seq }, trials: [...trials.values()].map(asRead) };
}

/** Without what only somebody who listened knows. */
function asRead({ live: _live, live_score: _score, ...trial }: Trial & Partial<Shown>): Trial {
  return trial;
}

interface Shown {
  live: unknown;
  live_score: unknown;
}

function shown(view: StudyView): unknown {
  const best = view.study.best && asRead(view.study.best);
  return {
    study: { ...view.study, best },
    trials: [...view.trials.values()].map(asRead),
    verdict: view.verdict,
    seq: view.seq,
  };
}

function below(limit: number): number {
  return Math.floor(random() * limit);
}

/** In batches of any size, with what has been sent already sent again now and then. */
function inBatches(from: StudyView, rest: readonly StudyEvent[]): StudyView {
  let view = from;
  for (let at = 0; at < rest.length; ) {
    const end = at + 1 + below(60);
    view = foldEvents(view, rest.slice(Math.max(0, at - below(10)), end));
    at = end;
  }
  return view;
}

const whole = shown(foldEvents(fresh(), events));

describe("a stream of events", () => {
  it("is long enough to be cut in many ways, and ends", () => {
    expect(events.length).toBeGreaterThan(500);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(foldEvents(fresh(), events).study.state).toBe("SUCCEEDED");
  });

  it("gives the same view in whatever batches it comes, repeats or not", () => {
    for (let round = 0; round < 40; round += 1) {
      expect(shown(inBatches(fresh(), events))).toEqual(whole);
    }
  });

  it("gives the same view wherever a page was loaded, trials read with the study", () => {
    for (let round = 0; round < 40; round += 1) {
      const cut = below(events.length + 1);
      const { study: its, trials } = answered(cut);
      const { verdict } = foldEvents(fresh(), events.slice(0, cut));
      const view = inBatches(openView(its, trials.map(liveTrial), verdict), events.slice(cut));
      expect(shown(view)).toEqual(whole);
    }
  });

  it("gives the same view when the trials were read later than the study", () => {
    for (let round = 0; round < 40; round += 1) {
      const cut = below(events.length + 1);
      const later = cut + below(events.length + 1 - cut);
      const { verdict } = foldEvents(fresh(), events.slice(0, cut));
      const read = openView(answered(cut).study, answered(later).trials.map(liveTrial), verdict, later);
      const { trialsSeq: _, ...view } = inBatches(read, events.slice(cut));
      expect(shown(view)).toEqual(whole);
    }
  });

  it("never shows a trial that was read later as it was before", () => {
    const cut = Math.floor(events.length / 3);
    const later = Math.floor(events.length / 2);
    const { trials } = answered(later);
    const states = new Map(trials.map((trial) => [trial.number, trial.state]));
    let view = openView(answered(cut).study, trials.map(liveTrial), null, later);
    for (const event of events.slice(cut, later)) {
      view = foldEvents(view, [event]);
      for (const trial of view.trials.values()) {
        expect(trial.state).toBe(states.get(trial.number));
      }
    }
  });
});

describe("the answer with an array a field", async () => {
  const mock = new MockStudy(study.blank, study.created);
  const answer = await columnsOf(mock, new URLSearchParams({ purpose: "all" })).json();

  it("holds every trial as a list would", () => {
    const read = trialsOf(answer);
    expect(read.length).toBeGreaterThan(TRIALS);
    const known = [...mock.view().trials.values()];
    expect(read).toEqual(known.map((each) => ({ ...each, live: null, live_score: null })));
  });

  it("is refused where it is cut off", () => {
    const cut = { ...answer, columns: { ...answer.columns, state: [] } };
    expect(() => trialsOf(cut)).toThrow(/state has 0 values/);
  });
});
