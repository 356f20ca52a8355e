/** A line of values over time, as an SVG path. */

export interface Box {
  width: number;
  height: number;
}

export interface TimedValue {
  /** Milliseconds since 1970. */
  at: number;
  value: number;
}

/** The ends of the time axis, milliseconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

const PAD = 2;

/** The highest value that an axis from 0 shows: never 0, so that nothing is divided by it. */
export function topOf(values: readonly TimedValue[]): number {
  return values.reduce((top, { value }) => Math.max(top, value), 0) || 1;
}

export function placeOf(
  { at, value }: TimedValue,
  top: number,
  span: Span,
  box: Box,
): [number, number] {
  const x = ((at - span.from) / Math.max(1, span.to - span.from)) * box.width;
  const y = PAD + (box.height - 2 * PAD) * (1 - value / top);
  return [tenth(x), tenth(y)];
}

export function linePath(
  values: readonly TimedValue[],
  top: number,
  span: Span,
  box: Box,
): string {
  return values
    .map((each, index) => `${index === 0 ? "M" : "L"}${placeOf(each, top, span, box).join(" ")}`)
    .join("");
}

/** The same, closed along the bottom. */
export function areaPath(
  values: readonly TimedValue[],
  top: number,
  span: Span,
  box: Box,
): string {
  const [first, last] = [values[0], values.at(-1)];
  if (!first || !last) return "";
  const [left] = placeOf(first, top, span, box);
  const [right] = placeOf(last, top, span, box);
  return `${linePath(values, top, span, box)}L${right} ${box.height}L${left} ${box.height}Z`;
}

/** The index of the value nearest to this moment; -1 of none. Values are in order. */
export function nearest(values: readonly TimedValue[], at: number): number {
  let best = -1;
  let least = Infinity;
  values.forEach((each, index) => {
    const distance = Math.abs(each.at - at);
    if (distance < least) [best, least] = [index, distance];
  });
  return best;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
