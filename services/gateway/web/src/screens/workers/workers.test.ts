import { describe, expect, it } from "vitest";
import type { QueueMoment, QueueNow, Worker } from "../../api/workers";
import { brokerWords, depthFigures, momentWords, pace, paceFigures } from "./queue_words";
import { areaPath, linePath, nearest, topOf } from "./spark_path";
import { fleetWords, lookOf, machineWords, outlookWords, workWords } from "./worker_words";

function aWorker(changes: Partial<Worker>): Worker {
  return {
    worker_id: "w",
    incarnation: "i",
    host: "h",
    pid: 1,
    device: "cpu",
    threads: 2,
    memory_bytes: null,
    version: "0.1.0",
    heartbeat_at: "2026-01-01T00:00:00Z",
    heartbeat_age_seconds: 1,
    study_id: "",
    study_name: "",
    cohort_id: "",
    purpose: null,
    lanes: 0,
    since: null,
    attempt: 0,
    draining: false,
    connected: true,
    disconnected_at: null,
    ...changes,
  };
}

function aQueue(changes: Partial<QueueNow>): QueueNow {
  return {
    broker: "rabbitmq",
    pending: 0,
    ready: 3,
    unacknowledged: 2,
    messages_ready: 3,
    dead_letters: 0,
    consumers: 1,
    cohorts_per_minute: 24.4,
    trials_per_minute: 1204.3,
    epochs_per_second: 3.44,
    history: [],
    dashboard_url: null,
    ...changes,
  };
}

describe("a worker", () => {
  it("is told by what it does", () => {
    expect(lookOf(aWorker({})).word).toBe("Idle");
    expect(lookOf(aWorker({ study_id: "s" })).word).toBe("Training");
  });

  it("drains until its cohort has ended", () => {
    const draining = aWorker({ draining: true, study_id: "s" });
    expect(lookOf(draining).word).toBe("Draining");
    expect(outlookWords(draining)).toBe("Ends its cohort, takes no more.");
    expect(lookOf(aWorker({ draining: true })).word).toBe("Drained");
  });

  it("is silent when it has missed its reports, whatever it said last", () => {
    expect(lookOf(aWorker({ heartbeat_age_seconds: 6 })).word).toBe("Idle");
    expect(lookOf(aWorker({ heartbeat_age_seconds: 20, study_id: "s" })).word).toBe("Silent");
  });

  it("is lost when it was seen to go, whatever it did last", () => {
    expect(lookOf(aWorker({ connected: false, study_id: "s", draining: true })).word).toBe("Lost");
  });

  it("says how many designs it trains, what for, and whether again", () => {
    expect(workWords(aWorker({ lanes: 8, purpose: "search", attempt: 1 }))).toBe(
      "8 designs at once · search",
    );
    expect(workWords(aWorker({ lanes: 1, attempt: 2 }))).toBe("1 design · attempt 2");
    expect(workWords(aWorker({}))).toBe("");
  });

  it("says what it computes on, and of memory only what is known", () => {
    expect(machineWords(aWorker({}))).toBe("cpu · 2 threads");
    expect(machineWords(aWorker({ threads: 1, memory_bytes: 3.14e9 }))).toBe(
      "cpu · 1 thread · 3.1\u202fGB free",
    );
  });

  it("has no device before it has trained", () => {
    expect(machineWords(aWorker({ device: "auto" }))).toBe("device not chosen yet · 2 threads");
  });

  it("counts in its fleet while it is connected", () => {
    const fleet = [
      aWorker({ study_id: "s" }),
      aWorker({ draining: true }),
      aWorker({ connected: false, study_id: "s" }),
    ];
    expect(fleetWords(fleet)).toBe("2 workers connected, 1 training, 1 draining");
    expect(fleetWords([])).toBe("0 workers connected, 0 training");
  });
});

describe("the queue", () => {
  it("says where it is, and whom a broker serves", () => {
    expect(brokerWords(aQueue({}))).toBe("In RabbitMQ: 3 messages, 1 consumer");
    expect(brokerWords(aQueue({ broker: "memory", consumers: 0 }))).toBe(
      "In this server’s memory",
    );
  });

  it("makes nothing up while the broker is silent", () => {
    const silent = aQueue({
      broker: null,
      consumers: null,
      dead_letters: null,
      messages_ready: null,
    });
    expect(brokerWords(silent)).toBe("The broker has not told of its queue lately");
    expect(depthFigures(silent).map(({ value }) => value)).toEqual(["3", "2", "–"]);
    expect(depthFigures(silent).some(({ isBad }) => isBad)).toBe(false);
  });

  it("warns of dead letters", () => {
    expect(depthFigures(aQueue({})).some(({ isBad }) => isBad)).toBe(false);
    expect(depthFigures(aQueue({ dead_letters: 2 }))[2]).toMatchObject({ value: "2", isBad: true });
  });

  it("tells of cohorts that the broker has not got yet", () => {
    expect(depthFigures(aQueue({}))[0]?.help).toBe("wait for a worker");
    expect(depthFigures(aQueue({ pending: 4 }))[0]?.help).toBe(
      "wait for a worker; 4 more about to be queued",
    );
  });

  it("rounds a pace as it deserves", () => {
    expect(paceFigures(aQueue({})).map(({ value }) => value)).toEqual(["1,204", "24", "3.4"]);
    expect(pace(0)).toBe("0");
  });

  it("reads a moment out", () => {
    const moment: QueueMoment = {
      time: "2026-01-01T00:00:05",
      ready: 3,
      unacknowledged: 2,
      trials_per_minute: 7.25,
    };
    expect(momentWords(moment)).toBe("00:00:05: 3 ready, 2 in work, 7.3 trials a minute");
  });
});

describe("its line over time", () => {
  const span = { from: 0, to: 100 };
  const box = { width: 200, height: 24 };
  const values = [
    { at: 50, value: 0 },
    { at: 100, value: 4 },
  ];

  it("stands where its time is, and fills the height", () => {
    expect(linePath(values, topOf(values), span, box)).toBe("M100 22L200 2");
    expect(areaPath(values, topOf(values), span, box)).toBe("M100 22L200 2L200 24L100 24Z");
  });

  it("lies on the ground while nothing happens", () => {
    const idle = values.map(({ at }) => ({ at, value: 0 }));
    expect(linePath(idle, topOf(idle), span, box)).toBe("M100 22L200 22");
    expect(areaPath([], 1, span, box)).toBe("");
  });

  it("finds the moment under the pointer", () => {
    expect(nearest(values, 70)).toBe(0);
    expect(nearest(values, 80)).toBe(1);
    expect(nearest([], 80)).toBe(-1);
  });
});
