/** Logarithmic axes with whole numbers beside them: Plotly's own ticks say 2 and 5 for 0.2 and 500. */

import { compact } from "../format/numbers";
import type { Layout } from "./plotly";

const MOST_DECADES = 3;

/** `low` and `high`: of what is drawn, above 0. With a label at 1, 2 and 5 of each power of ten, or
 *  at the powers alone where there are many.
 */
export function logAxis(low: number, high: number): Layout {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  if (!Number.isFinite(first) || !Number.isFinite(last)) return { type: "log" };
  const steps = last - first > MOST_DECADES ? [1] : [1, 2, 5];
  const powers = Array.from({ length: last - first + 1 }, (_, place) => first + place);
  const tickvals = powers.flatMap((power) => steps.map((step) => Number(`${step}e${power}`)));
  return { type: "log", tickvals, ticktext: tickvals.map(tickWords) };
}

/** `0.02`, `500`, `20 k`; `1e-5` where there would be many zeros. */
export function tickWords(value: number): string {
  if (value >= 10_000) return compact(value).replace(".0", "");
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}
