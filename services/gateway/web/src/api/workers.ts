/** Who trains, and what waits to be trained. */

import { getJson } from "./client";
import type { components } from "./schema";
import type { Purpose } from "./types";

type WorkerList = components["schemas"]["WorkerList"];
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

/** As the ledger knows it, of the studies that have not ended. */
export interface QueueNow {
  /** Cohorts that wait for a worker. */
  ready: number;
  /** Cohorts that a worker has taken and not finished. */
  unacknowledged: number;
  /** Workers that take from it. */
  consumers: number;
}

export async function listWorkers(): Promise<Worker[]> {
  return (await getJson<{ workers: Worker[] }>("/v1/workers")).workers;
}

export async function getQueue(): Promise<QueueNow> {
  const { workers, queue } = await getJson<WorkerList>("/v1/workers");
  const takes = workers.filter(({ connected, draining }) => connected && !draining);
  return { ready: queue.waiting, unacknowledged: queue.running, consumers: takes.length };
}
