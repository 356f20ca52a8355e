/** The queue over the last 15 minutes: two small charts that share their time, and the table. */

import { useMemo, useState } from "preact/hooks";
import type { QueueMoment } from "../../api/workers";
import { count } from "../../format/numbers";
import { momentWords, pace, secondOfDay } from "./queue_words";
import { areaPath, linePath, nearest, placeOf, topOf } from "./spark_path";
import type { Span, TimedValue } from "./spark_path";

const BOX = { width: 600, height: 64 };
const SPAN_MS = 15 * 60_000;

interface Line {
  name: string;
  values: TimedValue[];
  kind: "first" | "second";
}

export function QueueHistory({ history }: { history: readonly QueueMoment[] }) {
  const [seen, setSeen] = useState<number | null>(null);
  const lines = useMemo(() => linesOf(history), [history]);
  const last = history.at(-1);
  if (!last || history.length < 2) {
    return <p class="muted small">What has happened is drawn here in a few seconds.</p>;
  }
  const to = Date.parse(last.time);
  const shown = (seen === null ? undefined : history[seen]) ?? last;
  const props = { span: { from: to - SPAN_MS, to }, seen, onSeen: setSeen };
  return (
    <div class="queue-history">
      <div class="history-charts">
        <Chart title="Cohorts" {...props} lines={[lines.taken, lines.ready]} word={count} />
        <Chart title="Trials a minute" {...props} lines={[lines.trials]} word={pace} />
      </div>
      <p class="muted small tabular history-words">{momentWords(shown)}</p>
      <HistoryTable history={history} />
    </div>
  );
}

function linesOf(history: readonly QueueMoment[]): Record<"ready" | "taken" | "trials", Line> {
  const values = (read: (moment: QueueMoment) => number): TimedValue[] =>
    history.map((moment) => ({ at: Date.parse(moment.time), value: read(moment) }));
  return {
    ready: { name: "ready", kind: "second", values: values((each) => each.ready) },
    taken: { name: "in work", kind: "first", values: values((each) => each.unacknowledged) },
    trials: { name: "trials", kind: "first", values: values((each) => each.trials_per_minute) },
  };
}

interface ChartProps {
  title: string;
  lines: readonly Line[];
  span: Span;
  word: (value: number) => string;
  /** The moment under the pointer. */
  seen: number | null;
  onSeen: (index: number | null) => void;
}

function Chart({ title, lines, span, word, seen, onSeen }: ChartProps) {
  const all = lines.flatMap(({ values }) => values);
  const top = topOf(all);
  const peak = Math.max(...all.map(({ value }) => value));
  const values = lines[0]?.values ?? [];
  const cursor = seen === null ? undefined : values[seen];
  const look = (event: PointerEvent): void => {
    const { left, width } = (event.currentTarget as SVGElement).getBoundingClientRect();
    const share = (event.clientX - left) / Math.max(1, width);
    onSeen(nearest(values, span.from + share * (span.to - span.from)));
  };
  return (
    <figure class="history-chart">
      <figcaption>
        <span>{title}</span>
        {lines.length > 1 && <Legend lines={lines} />}
        <span class="muted tabular">up to {word(peak)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${BOX.width} ${BOX.height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={pictureWords(title, lines, word)}
        onPointerMove={look}
        onPointerLeave={() => onSeen(null)}
      >
        {lines.map((line) => (
          <g key={line.name} class={line.kind}>
            {line.kind === "first" && (
              <path class="area" d={areaPath(line.values, top, span, BOX)} />
            )}
            <path class="line" d={linePath(line.values, top, span, BOX)} />
          </g>
        ))}
        {cursor && <Cursor x={placeOf(cursor, top, span, BOX)[0]} />}
      </svg>
      <div class="history-axis muted" aria-hidden="true">
        <span>15 min ago</span>
        <span>now</span>
      </div>
    </figure>
  );
}

function Legend({ lines }: { lines: readonly Line[] }) {
  return (
    <span class="history-legend" aria-hidden="true">
      {lines.map(({ name, kind }) => (
        <span key={name} class={kind}>
          <svg viewBox="0 0 16 8" width="16" height="8">
            <path class="line" d="M0 4H16" />
          </svg>
          {name}
        </span>
      ))}
    </span>
  );
}

function Cursor({ x }: { x: number }) {
  return <path class="cursor" d={`M${x} 0V${BOX.height}`} />;
}

function pictureWords(
  title: string,
  lines: readonly Line[],
  word: (value: number) => string,
): string {
  const parts = lines.map(({ name, values }) => {
    const last = values.at(-1)?.value ?? 0;
    return `${name} now ${word(last)}, at most ${word(Math.max(...values.map((v) => v.value)))}`;
  });
  return `${title} over the last 15 minutes: ${parts.join("; ")}.`;
}

/** Newest first. Drawn only while it is open. */
function HistoryTable({ history }: { history: readonly QueueMoment[] }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="behind" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Show as table</summary>
      {isOpen && (
        <div
          class="table-frame table-scroll"
          tabIndex={0}
          role="region"
          aria-label="The queue over the last 15 minutes"
        >
          <table class="grid">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Ready</th>
                <th scope="col">Unacknowledged</th>
                <th scope="col">Trials a minute</th>
              </tr>
            </thead>
            <tbody>
              {history.toReversed().map((moment) => (
                <tr key={moment.time}>
                  <th scope="row">{secondOfDay(moment.time)}</th>
                  <td>{count(moment.ready)}</td>
                  <td>{count(moment.unacknowledged)}</td>
                  <td>{pace(moment.trials_per_minute)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
