/** Icons: 24 × 24, drawn with the color of the text around them. Always beside words. */

import type { ComponentChildren } from "preact";

const PATHS = {
  upload: "M12 16V5m0 0L7.5 9.5M12 5l4.5 4.5M5 16v2a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-2",
  table: "M4 6a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1zM4 10h16M10 10v9",
  check: "m5 12.5 4.5 4.5L19 7.5",
  cross: "M6.5 6.5l11 11m0-11-11 11",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10.5-6.5z",
  stop: "M7 7h10v10H7z",
  clock: "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  warning:
    "M12 9v4m0 3.5v.01M10.6 4.5 3.3 17.4A1.6 1.6 0 0 0 4.7 20h14.6a1.6 1.6 0 0 0 1.4-2.6L13.4 4.5a1.6 1.6 0 0 0-2.8 0z",
  info: "M12 11v5m0-8.5v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  spinner: "M12 3a9 9 0 1 0 9 9",
  down: "M6 9.5l6 6 6-6",
  trophy:
    "M8 4h8v5a4 4 0 0 1-8 0zM8 6H5v1a3 3 0 0 0 3 3m8-4h3v1a3 3 0 0 1-3 3m-4 3v4m-4 3h8m-6 0 .6-3h2.8l.6 3",
  search: "m20 20-4.2-4.2M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z",
  unplugged:
    "M4 4l16 16M8.5 8.5 6 11a4 4 0 0 0 0 5.6l1.4 1.4M12 6l1-1a4 4 0 0 1 5.6 0 4 4 0 0 1 0 5.6l-1 1M9 15l2-2",
  plus: "M12 5v14M5 12h14",
  minus: "M6 12h12",
  chart: "M5 20V10m5 10V4m5 16v-7m5 7V8",
  arrow: "M5 12h14m-6-6 6 6-6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: className }: { name: IconName; class?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width="18"
      height="18"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      class={name === "spinner" ? `spin ${className ?? ""}` : className}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Brand() {
  return (
    <a class="brand" href="/">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="var(--accent-solid)" />
        <g fill="#fff">
          <rect x="7" y="12" width="4" height="8" rx="2" opacity=".72" />
          <rect x="14" y="6" width="4" height="20" rx="2" />
          <rect x="21" y="10" width="4" height="12" rx="2" opacity=".72" />
        </g>
      </svg>
      LayerLab
    </a>
  );
}

/** A design at a glance: a bar for each hidden layer, as high as its width's logarithm. */
export function LayerGlyph({ hidden }: { hidden: readonly number[] }) {
  const height = 18;
  const width = Math.max(1, hidden.length) * 6 - 2;
  const bars = hidden.length > 0 ? hidden : [1];
  return (
    <svg
      class="layer-glyph"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      {bars.map((units, index) => {
        const bar = Math.min(height, 2 + Math.log2(units) * 1.7);
        return (
          <rect key={index} x={index * 6} y={(height - bar) / 2} width="4" height={bar} rx="1.6" />
        );
      })}
    </svg>
  );
}

export type Tone = "idle" | "accent" | "good" | "warn" | "bad";

export function Chip({ tone = "idle", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`chip tone-${tone}`}>{children}</span>;
}
