/** Made-up workers, and the queue before them. */

import type { Study } from "../api/types";
import { seeded } from "./random";

const STARTED = Date.now();
const STEP_MS = 5_000;
const STEPS = 180;

/** Since when; for a while they go on with what they hold. */
const drained = new Map<string, number>();
const ENDING_MS = 6_000;

/** `busy`: the studies that run now. */
export function listWorkers(busy: readonly Study[]): unknown {
  const workers = ["trainer-1", "trainer-2", "trainer-3"].map((id, index) =>
    worker(id, index, busy[index % Math.max(1, busy.length)]),
  );
  return { workers, queue: { waiting: busy.length * 3, running: Math.min(2, busy.length) } };
}

function worker(worker_id: string, index: number, study: Study | undefined): unknown {
  const isLost = index === 2;
  const draining = drained.has(worker_id);
  const isDone = Date.now() - (drained.get(worker_id) ?? Infinity) > ENDING_MS;
  const trains = study && !isLost && !isDone ? study : null;
  const age = isLost ? 25 + (Date.now() - STARTED) / 1000 : ((Date.now() / 1000 + index) % 5) + 0.4;
  return {
    worker_id,
    incarnation: `i-${index}`,
    host: `node-${index + 1}`,
    pid: 4100 + index,
    device: "cpu",
    threads: 2,
    memory_bytes: 3.1e9 + index * 4e8,
    version: "0.1.0",
    heartbeat_at: new Date(Date.now() - age * 1000).toISOString(),
    heartbeat_age_seconds: age,
    study_id: trains?.study_id ?? "",
    study_name: trains?.name ?? "",
    cohort_id: trains ? "c17" : "",
    purpose: trains ? "search" : null,
    lanes: trains ? 8 : 0,
    since: trains ? new Date(Date.now() - 12_000).toISOString() : null,
    attempt: trains ? 1 : 0,
    draining,
    connected: !isLost,
    disconnected_at: isLost ? new Date(STARTED - 25_000).toISOString() : null,
  };
}

export function drain(workerId: string, verb: string, busy: readonly Study[]): unknown {
  if (verb === "drain") drained.set(workerId, drained.get(workerId) ?? Date.now());
  else drained.delete(workerId);
  const { workers } = listWorkers(busy) as { workers: { worker_id: string }[] };
  return workers.find((each) => each.worker_id === workerId);
}

export function queueNow(busy: number): unknown {
  const now = Math.floor(Date.now() / STEP_MS) * STEP_MS;
  const history = Array.from({ length: STEPS }, (_, index) => {
    const time = now - (STEPS - 1 - index) * STEP_MS;
    const random = seeded(time / STEP_MS);
    const wave = 0.5 + 0.5 * Math.sin(time / 90_000);
    return {
      time: new Date(time).toISOString(),
      ready: busy ? Math.round(6 * wave + random() * 2) : 0,
      unacknowledged: busy ? 2 : 0,
      trials_per_minute: busy ? 180 + 60 * wave + random() * 20 : 0,
    };
  });
  const last = history[history.length - 1];
  return {
    broker: "rabbitmq",
    pending: 0,
    messages_ready: last?.ready ?? 0,
    ready: last?.ready ?? 0,
    unacknowledged: last?.unacknowledged ?? 0,
    dead_letters: busy ? 1 : 0,
    consumers: busy ? 2 : 0,
    cohorts_per_minute: busy ? 24 : 0,
    trials_per_minute: last?.trials_per_minute ?? 0,
    epochs_per_second: busy ? 212 : 0,
    history,
    dashboard_url: "http://127.0.0.1:15672/",
  };
}
