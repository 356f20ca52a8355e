/** Who trains, and what waits to be trained. */

import { getJson, postJson } from "./client";
import type { components } from "./schema";
import type { Purpose } from "./types";

type WorkerDocument = components["schemas"]["WorkerDocument"];

/** A worker, with what it trains where the server is new enough to say so. */
export type Worker = WorkerDocument & {
  heartbeat_age_seconds?: number;
  study_name?: string;
  /** Designs that it trains together. */
  lanes?: number;
  purpose?: Purpose | null;
  since?: string | null;
};

export interface QueueMoment {
  time: string;
  ready: number;
  unacknowledged: number;
  trials_per_minute: number;
}

export interface QueueNow {
  broker: string;
  /** Cohorts that wait for a worker. */
  ready: number;
  /** Cohorts that a worker has taken and not finished. */
  unacknowledged: number;
  dead_letters: number;
  consumers: number;
  cohorts_per_minute: number;
  trials_per_minute: number;
  epochs_per_second: number;
  /** Oldest first. */
  history: readonly QueueMoment[];
  /** The broker's own page, if it has one. */
  dashboard_url: string | null;
}

export async function listWorkers(): Promise<Worker[]> {
  return (await getJson<{ workers: Worker[] }>("/v1/workers")).workers;
}

export function getQueue(): Promise<QueueNow> {
  return getJson("/v1/queue");
}

/** A drained worker ends its cohort and takes no more until it is resumed. */
export async function commandWorker(workerId: string, verb: "drain" | "resume"): Promise<void> {
  await postJson(`/v1/workers/${encodeURIComponent(workerId)}:${verb}`);
}
