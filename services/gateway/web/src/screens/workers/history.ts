/** The queue's last minutes as small charts and as a table. */

import type { QueueMoment } from "../../api/workers";
import { timeOfDay } from "../../format/time";

export interface Spark {
  /** An SVG path in a box of 100 × 100, and the same closed below for its area. */
  line: string;
  area: string;
  /** The highest value, at the top of the box; at least 1. */
  top: number;
}

/** Of values at equal distances in time; an empty path for fewer than two. */
export function sparkOf(values: readonly number[]): Spark {
  const top = Math.max(1, ...values);
  if (values.length < 2) return { line: "", area: "", top };
  const step = 100 / (values.length - 1);
  const points = values.map((value, index) => {
    const y = 100 - (Math.max(0, value) / top) * 100;
    return `${round(index * step)},${round(y)}`;
  });
  const line = `M${points.join("L")}`;
  return { line, area: `${line}L100,100L0,100Z`, top };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

export interface Minute {
  /** In the reader's time zone: `14:03`. */
  time: string;
  /** The most at once within the minute. */
  ready: number;
  unacknowledged: number;
  /** The mean of the minute. */
  trialsPerMinute: number;
}

/** One row a minute, newest first. */
export function minutesOf(history: readonly QueueMoment[]): Minute[] {
  const groups = new Map<string, QueueMoment[]>();
  for (const moment of history) {
    const time = timeOfDay(Date.parse(moment.time));
    groups.set(time, [...(groups.get(time) ?? []), moment]);
  }
  const rows = [...groups].map(([time, moments]) => ({
    time,
    ready: Math.max(...moments.map((each) => each.ready)),
    unacknowledged: Math.max(...moments.map((each) => each.unacknowledged)),
    trialsPerMinute:
      moments.reduce((sum, each) => sum + each.trials_per_minute, 0) / moments.length,
  }));
  return rows.reverse();
}

/** `7`, `12.3`: a rate without digits that mean nothing. */
export function rateText(value: number): string {
  const digits = value < 10 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
