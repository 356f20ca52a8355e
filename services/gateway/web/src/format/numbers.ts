/** Numbers for people. Narrow no-break spaces keep a number and its unit on one line. */

const NONE = "–";

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 row`, `1,234 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0\u202f%";
  const value = (part / whole) * 100;
  if (value < 0.1) return "<\u202f0.1\u202f%";
  // A part is never the whole.
  if (value >= 99.5 && part < whole) return value >= 99.9 ? ">\u202f99.9\u202f%" : `${value.toFixed(1)}\u202f%`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)}\u202f%`;
}

/** Two significant digits: 0.0012, 3.4e-5. */
export function rate(value: number): string {
  if (value === 0) return "0";
  return value >= 1e-3 ? String(Number(value.toPrecision(2))) : value.toExponential(1);
}

/** 950, 12.3 k, 1.2 M. */
export function compact(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < 10_000) return count(value);
  if (value < 1e6) return `${(value / 1e3).toFixed(1)}\u202fk`;
  return `${(value / 1e6).toFixed(1)}\u202fM`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value}\u202fB`;
  if (value < 1e6) return `${(value / 1e3).toFixed(0)}\u202fkB`;
  if (value < 1e9) return `${(value / 1e6).toFixed(1)}\u202fMB`;
  return `${(value / 1e9).toFixed(1)}\u202fGB`;
}

/** A value of a column, in at most four significant digits if it is no whole number. */
export function quantity(value: number | null): string {
  if (value === null) return NONE;
  const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(4));
  // Without a separator below 10,000: it may be a year.
  return Math.abs(rounded) < 10_000 ? String(rounded) : count(rounded);
}

/** 95 %, of a share. */
export function levelWords(level: number): string {
  return `${Number((level * 100).toFixed(1))}\u202f%`;
}
