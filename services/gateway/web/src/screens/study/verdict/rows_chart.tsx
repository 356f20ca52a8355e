/** Scores against training rows, a line for each contender. Small enough to need no library. */

import { useRef } from "preact/hooks";
import type { Metric } from "../../../api/types";
import type { CurveStep } from "../../../api/verdict";
import { place, scaleOf, ticks } from "../../../charts/interval_scale";
import type { Scale } from "../../../charts/interval_scale";
import { axisText } from "../../../format/metric";
import { compact } from "../../../format/numbers";
import { useWidth } from "../../../ui/hooks";
import { spread } from "./rows_steps";
import type { RowsLine } from "./rows_steps";

const HEIGHT = 260;
const TOP = 14;
const BOTTOM = 44;
const LEFT = 52;
const LABEL_GAP = 15;
// Lines are told apart by dash, too, for those who don't see the colors.
const DASHES = ["", "7 4", "2 4", "9 4 2 4", "12 4", "5 2"];

interface RowsChartProps {
  lines: readonly RowsLine[];
  metric: Metric;
  label: string;
}

export function RowsChart({ lines, metric, label }: RowsChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <div class="rows-chart" ref={frame} role="figure" aria-label={label}>
      {width > 0 && (
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <Drawing lines={lines} metric={metric} width={width} />
        </svg>
      )}
    </div>
  );
}

interface Plane {
  x: (rows: number) => number;
  y: (score: number) => number;
  right: number;
}

function planeOf(lines: readonly RowsLine[], scale: Scale, width: number): Plane {
  const most = Math.max(...lines.flatMap(({ steps }) => steps.map((step) => step.rows)));
  // Room for names at the lines' ends, as much as there is.
  const right = width - Math.min(130, width * 0.3);
  return {
    x: (rows) => LEFT + (rows / most) * (right - LEFT),
    y: (value) => HEIGHT - BOTTOM - (place(value, scale) / 100) * (HEIGHT - BOTTOM - TOP),
    right,
  };
}

function Drawing({ lines, metric, width }: Omit<RowsChartProps, "label"> & { width: number }) {
  const marks = lines.flatMap(({ steps }) =>
    steps.map((step) => ({ value: step.mean, interval: step.interval })),
  );
  const scale = scaleOf(marks);
  const plane = planeOf(lines, scale, width);
  const shares = [...new Map(lines.flatMap(sharesOf)).entries()];
  const ends = lines.map(({ steps }) => plane.y(steps[steps.length - 1]?.mean ?? 0));
  const labels = spread(ends, LABEL_GAP, TOP, HEIGHT - BOTTOM);
  return (
    <>
      {ticks(scale, 6).map((value) => (
        <g key={value}>
          <line class="grid-line" x1={LEFT} x2={plane.right} y1={plane.y(value)} y2={plane.y(value)} />
          <text class="tick" x={LEFT - 8} y={plane.y(value) + 4} text-anchor="end">
            {axisText(value, metric)}
          </text>
        </g>
      ))}
      {shares.map(([share, rows]) => (
        <g key={share}>
          <text class="tick" x={plane.x(rows)} y={HEIGHT - BOTTOM + 18} text-anchor="middle">
            {Math.round(share * 100)}&#8239;%
          </text>
          <text class="tick faint" x={plane.x(rows)} y={HEIGHT - BOTTOM + 34} text-anchor="middle">
            {compact(rows)}
          </text>
        </g>
      ))}
      {lines.map((line, index) => (
        <Line key={line.name} line={line} index={index} plane={plane} lines={lines.length} />
      ))}
      {lines.map((line, index) => (
        <text
          key={line.name}
          class="name"
          x={plane.right + 12}
          y={(labels[index] ?? 0) + 4}
          fill={`var(--line-${(index % 6) + 1})`}
        >
          {shortened(line.name, width - plane.right - 14)}
        </text>
      ))}
    </>
  );
}

interface LineProps {
  line: RowsLine;
  index: number;
  plane: Plane;
  lines: number;
}

function Line({ line, index, plane, lines }: LineProps) {
  const color = `var(--line-${(index % 6) + 1})`;
  // Intervals at equal rows stand beside each other.
  const aside = (index - (lines - 1) / 2) * 5;
  const x = (step: CurveStep): number => plane.x(step.rows) + aside;
  const points = line.steps.map((step) => `${x(step)},${plane.y(step.mean)}`).join(" ");
  return (
    <g stroke={color} fill={color}>
      <polyline
        points={points}
        fill="none"
        stroke-width={index === 0 ? 2.4 : 1.6}
        stroke-dasharray={DASHES[index % DASHES.length]}
      />
      {line.steps.map((step) => (
        <g key={step.share}>
          {step.interval && (
            <line
              x1={x(step)}
              x2={x(step)}
              y1={plane.y(step.interval.low)}
              y2={plane.y(step.interval.high)}
              stroke-width="1.6"
              opacity="0.55"
            />
          )}
          <circle cx={x(step)} cy={plane.y(step.mean)} r={index === 0 ? 4 : 3.2} />
        </g>
      ))}
    </g>
  );
}

function sharesOf({ steps }: RowsLine): [number, number][] {
  return steps.map((step) => [step.share, step.rows]);
}

// About the width of a letter of a name.
const LETTER = 7;

function shortened(name: string, room: number): string {
  const letters = Math.max(4, Math.floor(room / LETTER));
  return name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;
}
