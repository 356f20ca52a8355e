/** Where values and intervals stand on a line: in percent of its width. */

export interface Scale {
  low: number;
  high: number;
}

export interface Mark {
  value: number | null;
  interval: { low: number; high: number } | null;
}

const MARGIN = 0.06;

/** From the lowest end to the highest, with some room. `around`: values that must be on it. */
export function scaleOf(marks: readonly Mark[], around: readonly number[] = []): Scale {
  return withMargin(extent([...around, ...marks.flatMap(endsOf)]));
}

function extent(ends: readonly number[]): Scale {
  return { low: Math.min(...ends), high: Math.max(...ends) };
}

function withMargin({ low, high }: Scale): Scale {
  // Nothing to show.
  if (low > high) return { low: 0, high: 1 };
  const margin = (high - low) * MARGIN || Math.abs(low) * MARGIN || 1;
  return { low: low - margin, high: high + margin };
}

/** Room for the `main` marks; for `others` only as far as they don't squeeze those: twice their
 *  width on each side. */
export function focusedScale(main: readonly Mark[], others: readonly Mark[]): Scale {
  const ends = main.flatMap(endsOf);
  if (ends.length === 0) return scaleOf(others);
  const own = extent(ends);
  const all = extent([...ends, ...others.flatMap(endsOf)]);
  const reach = 2 * (own.high - own.low) || Infinity;
  return withMargin({
    low: Math.max(all.low, own.low - reach),
    high: Math.min(all.high, own.high + reach),
  });
}

function endsOf({ value, interval }: Mark): number[] {
  const ends = interval ? [interval.low, interval.high] : [];
  return value === null ? ends : [...ends, value];
}

/** 0 (left) to 100 (right), held to the line's ends. */
export function place(value: number, { low, high }: Scale): number {
  return Math.min(100, Math.max(0, ((value - low) / (high - low)) * 100));
}

/** On which side of the line a value is, if it isn't on it. */
export function beyond(value: number, { low, high }: Scale): "left" | "right" | null {
  if (value < low) return "left";
  return value > high ? "right" : null;
}

/** A few round values within the scale. */
export function ticks({ low, high }: Scale, most = 4): number[] {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= rough) ?? rough;
  const found: number[] = [];
  // Counted in steps, so that no error adds up.
  for (let index = Math.ceil(low / step); index * step <= high; index += 1) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}
