/** A value with its interval, drawn on a line that it shares with others. The numbers stand beside
 *  it as text, so a screen reader skips it. */

import { beyond, place } from "./interval_scale";
import type { Mark, Scale } from "./interval_scale";

export type MarkTone = "plain" | "good" | "bad" | "first" | "baseline";

interface WhiskerProps {
  mark: Mark;
  scale: Scale;
  tone?: MarkTone;
  /** A value to compare with, as an upright line: zero, or the winner. */
  reference?: number | null;
}

export function Whisker({ mark, scale, tone = "plain", reference = null }: WhiskerProps) {
  const { value, interval } = mark;
  const off = value === null ? null : beyond(value, scale);
  return (
    <span class={`whisker ${tone}`} aria-hidden="true">
      <i class="axis" />
      {reference !== null && <i class="reference" style={{ left: percent(reference, scale) }} />}
      {interval && off === null && (
        <i
          class="reach"
          style={{
            left: percent(interval.low, scale),
            width: `${place(interval.high, scale) - place(interval.low, scale)}%`,
          }}
        />
      )}
      {value !== null && off === null && (
        <i class="point" style={{ left: percent(value, scale) }} />
      )}
      {off !== null && <i class={`off ${off}`} />}
    </span>
  );
}

function percent(value: number, scale: Scale): string {
  return `${place(value, scale)}%`;
}

/** The line's values, once, below or above all whiskers of a column. */
export function WhiskerAxis({
  values,
  scale,
  format,
}: {
  values: readonly number[];
  scale: Scale;
  format: (value: number) => string;
}) {
  return (
    <span class="whisker-axis" aria-hidden="true">
      {values.map((value) => (
        <span key={value} style={{ left: percent(value, scale) }}>
          {format(value)}
        </span>
      ))}
    </span>
  );
}
