/** What a worker does, in words. */

import type { Purpose } from "../../api/types";
import type { Worker } from "../../api/workers";
import { bytes, counted } from "../../format/numbers";
import type { IconName, Tone } from "../../ui/icons";

export interface WorkerLook {
  tone: Tone;
  icon: IconName;
  word: string;
}

// Workers report every five seconds, or a little later on a busy machine.
const SILENT_SECONDS = 12;

export function lookOf(worker: Worker): WorkerLook {
  if (!worker.connected) return { tone: "bad", icon: "unplugged", word: "Lost" };
  if (worker.heartbeat_age_seconds > SILENT_SECONDS) {
    return { tone: "warn", icon: "warning", word: "Silent" };
  }
  const trains = worker.study_id !== "";
  if (worker.draining) {
    return { tone: "warn", icon: "pause", word: trains ? "Draining" : "Drained" };
  }
  if (trains) return { tone: "accent", icon: "spinner", word: "Training" };
  return { tone: "good", icon: "check", word: "Idle" };
}

/** `cpu · 2 threads · 3.1 GB free`. */
export function machineWords({ device, threads, memory_bytes: free }: Worker): string {
  const words = [device === "auto" ? "device not chosen yet" : device, counted(threads, "thread")];
  if (free !== null) words.push(`${bytes(free)} free`);
  return words.join(" · ");
}

const PURPOSES: Record<Purpose, string> = {
  search: "search",
  confirm: "finals",
  baseline: "baseline",
  ablation: "what a part is worth",
  rows: "fewer rows",
  test: "test rows",
};

/** `8 designs at once · search · attempt 2`. */
export function workWords({ lanes, purpose, attempt }: Worker): string {
  const words: string[] = [];
  if (lanes > 0) words.push(lanes === 1 ? "1 design" : `${lanes} designs at once`);
  if (purpose) words.push(PURPOSES[purpose]);
  if (attempt > 1) words.push(`attempt ${attempt}`);
  return words.join(" · ");
}

/** What becomes of it next, where that isn't plain. */
export function outlookWords(worker: Worker): string {
  const { word } = lookOf(worker);
  const trains = worker.study_id !== "";
  switch (word) {
    case "Lost":
      return trains ? "Another worker takes over what it trained." : "It was seen to go.";
    case "Silent":
      return trains ? "If it stays silent, another worker takes over." : "It may be hung.";
    case "Draining":
      return "Ends its cohort, takes no more.";
    case "Drained":
      return "Takes no cohort until it is resumed.";
    case "Idle":
      return "Waits for a cohort.";
    default:
      return "";
  }
}

/** For a screen reader, and under the panel's title: `3 connected, 2 training, 1 draining`. */
export function fleetWords(workers: readonly Worker[]): string {
  const connected = workers.filter((worker) => worker.connected);
  const training = connected.filter((worker) => worker.study_id !== "").length;
  const draining = connected.filter((worker) => worker.draining).length;
  const words = [`${counted(connected.length, "worker")} connected`, `${training} training`];
  if (draining > 0) words.push(`${draining} draining`);
  return words.join(", ");
}
