import { describe, expect, it } from "vitest";
import type { Worker } from "../../api/workers";
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
