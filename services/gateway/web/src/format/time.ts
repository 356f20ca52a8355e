/** Times for people. */

/** 0.42 s, 12.3 s, 2 min 05 s, 1 h 03 min. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 1) return `${seconds.toFixed(2)}\u202fs`;
  if (seconds < 60) return `${seconds.toFixed(1)}\u202fs`;
  return clock(seconds);
}

/** Whole seconds, for something that ticks: 7 s, 2 min 05 s, 1 h 03 min. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}\u202fs`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}\u202fmin ${pad(whole % 60)}\u202fs`;
  return `${Math.floor(minutes / 60)}\u202fh ${pad(minutes % 60)}\u202fmin`;
}

/** A range, rounded to what a guess deserves: `20–45 s`, `2–3 min`. */
export function etaRange(low: number | null, high: number | null): string {
  if (low === null || high === null) return "–";
  if (high < 5) return "a few seconds";
  if (high < 90) return span(roundTo(low, 5), roundTo(high, 5), "s");
  if (high < 5400) return span(Math.round(low / 60), Math.ceil(high / 60), "min");
  return span(Math.round(low / 3600), Math.ceil(high / 3600), "h");
}

/** Of a prediction, which may be of less than a few seconds: `1–3 s`, `20–45 s`. */
export function spanWords(low: number, high: number): string {
  if (high >= 30) return etaRange(low, high);
  return span(Math.floor(low), Math.ceil(high), "s");
}

function span(low: number, high: number, unit: string): string {
  if (low === high) return `about ${high}\u202f${unit}`;
  return low === 0 ? `up to ${high}\u202f${unit}` : `${low}–${high}\u202f${unit}`;
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** 14:03, in the reader's time zone. */
export function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** just now, 3 min ago, 2 h ago, 14 May. */
export function ago(then: string, now: number): string {
  const seconds = (now - Date.parse(then)) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)}\u202fmin ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}\u202fh ago`;
  return new Date(then).toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}
