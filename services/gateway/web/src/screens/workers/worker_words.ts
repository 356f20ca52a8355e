/** What a worker does, in words. */

import type { Purpose } from "../../api/types";
import type { Worker } from "../../api/workers";
import type { IconName, Tone } from "../../ui/icons";

export interface WorkerLook {
  tone: Tone;
  icon: IconName;
  word: string;
}

export function lookOf(worker: Worker): WorkerLook {
  if (!worker.connected) return { tone: "bad", icon: "unplugged", word: "Disconnected" };
  const trains = worker.study_id !== "";
  if (worker.draining) {
    return { tone: "warn", icon: "pause", word: trains ? "Draining" : "Drained" };
  }
  if (trains) return { tone: "accent", icon: "spinner", word: "Training" };
  return { tone: "good", icon: "check", word: "Ready" };
}

/** Seconds since it was last heard of, as the server's clock and no other counts them. */
export function heartbeatAge(worker: Worker, now: number): number {
  const known = worker.heartbeat_age_seconds;
  return known ?? Math.max(0, (now - Date.parse(worker.heartbeat_at)) / 1000);
}

const PURPOSES: Record<Purpose, string> = {
  search: "search",
  confirm: "finals",
  baseline: "baseline",
  ablation: "what a part is worth",
  rows: "fewer rows",
  test: "test rows",
};

/** `8 designs at once · search`. */
export function workWords({ lanes, purpose }: Worker): string {
  const words: string[] = [];
  if (lanes) words.push(lanes === 1 ? "1 design" : `${lanes} designs at once`);
  if (purpose) words.push(PURPOSES[purpose]);
  return words.join(" · ");
}
