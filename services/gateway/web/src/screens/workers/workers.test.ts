import { describe, expect, it } from "vitest";
import type { QueueMoment, Worker } from "../../api/workers";
import { minutesOf, rateText, sparkOf } from "./history";
import { heartbeatAge, lookOf, workWords } from "./worker_words";

function aWorker(changes: Partial<Worker>): Worker {
  return {
    worker_id: "w",
    incarnation: "i",
    host: "h",
    pid: 1,
    device: "cpu",
    threads: 2,
    version: "0.1.0",
    heartbeat_at: "2026-01-01T00:00:00Z",
    study_id: "",
    cohort_id: "",
    attempt: 0,
    draining: false,
    connected: true,
    disconnected_at: null,
    ...changes,
  } as Worker;
}

describe("a worker", () => {
  it("is told by what it does", () => {
    expect(lookOf(aWorker({})).word).toBe("Ready");
    expect(lookOf(aWorker({ study_id: "s" })).word).toBe("Training");
  });

  it("drains until its cohort has ended", () => {
    expect(lookOf(aWorker({ draining: true, study_id: "s" })).word).toBe("Draining");
    expect(lookOf(aWorker({ draining: true })).word).toBe("Drained");
  });

  it("is disconnected whatever it did last", () => {
    expect(lookOf(aWorker({ connected: false, study_id: "s", draining: true })).word).toBe(
      "Disconnected",
    );
  });

  it("was heard of when the server says so, not this computer's clock", () => {
    const now = Date.parse("2026-01-01T00:01:00Z");
    expect(heartbeatAge(aWorker({ heartbeat_age_seconds: 3 }), now)).toBe(3);
    expect(heartbeatAge(aWorker({}), now)).toBe(60);
    expect(heartbeatAge(aWorker({}), now - 120_000)).toBe(0);
  });

  it("says how many designs it trains, and what for", () => {
    expect(workWords(aWorker({ lanes: 8, purpose: "search" }))).toBe("8 designs at once · search");
    expect(workWords(aWorker({ lanes: 1 }))).toBe("1 design");
    expect(workWords(aWorker({}))).toBe("");
  });
});

describe("the queue's history", () => {
  it("is a line from left to right, the highest at the top", () => {
    expect(sparkOf([0, 4, 2])).toEqual({
      line: "M0,100L50,0L100,50",
      area: "M0,100L50,0L100,50L100,100L0,100Z",
      top: 4,
    });
  });

  it("lies flat at the bottom where nothing happened", () => {
    expect(sparkOf([0, 0]).line).toBe("M0,100L100,100");
  });

  it("is no line before there are two points", () => {
    expect(sparkOf([3]).line).toBe("");
    expect(sparkOf([])).toEqual({ line: "", area: "", top: 1 });
  });

  it("is a table of minutes, newest first", () => {
    const at = (second: number, ready: number): QueueMoment => ({
      time: new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000).toISOString(),
      ready,
      unacknowledged: 1,
      trials_per_minute: ready * 10,
    });
    const rows = minutesOf([at(0, 1), at(30, 5), at(60, 2)]);
    expect(rows.map((row) => row.ready)).toEqual([2, 5]);
    expect(rows.map((row) => row.trialsPerMinute)).toEqual([20, 30]);
  });

  it("has rates with as many digits as mean something", () => {
    expect([0, 7, 7.25, 123.4, 4321].map(rateText)).toEqual(["0", "7", "7.3", "123", "4,321"]);
  });
});
