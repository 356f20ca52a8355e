/** Who trains, and what waits to be trained. */

import { getJson, postJson } from "./client";
import type { components } from "./schema";

export type Worker = components["schemas"]["WorkerDocument"];
export type QueueNow = components["schemas"]["QueueDocument"];
export type QueueMoment = components["schemas"]["QueueMomentDocument"];

/** It ends the cohorts that it holds and takes no more; or it takes cohorts again. */
export type WorkerVerb = "drain" | "resume";

export async function listWorkers(): Promise<Worker[]> {
  return (await getJson<{ workers: Worker[] }>("/v1/workers")).workers;
}

export function tellWorker(workerId: string, verb: WorkerVerb): Promise<Worker> {
  return postJson(`/v1/workers/${encodeURIComponent(workerId)}:${verb}`);
}

export function getQueue(): Promise<QueueNow> {
  return getJson("/v1/queue");
}
