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
  left: "M15 6l-6 6 6 6",
  right: "M9 6l6 6-6 6",
  up: "M6 14.5l6-6 6 6",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 3v2m0 14v2M3 12h2m14 0h2M5.6 5.6 7 7m10 10 1.4 1.4m0-12.8L17 7M7 17l-1.4 1.4",
  moon: "M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z",
  screen: "M4 5h16v11H4zM9 20h6m-3-4v4",
  keyboard: "M3 7h18v10H3zM7 10.5v.01m3.3-.01v.01m3.4-.01v.01m3.3-.01v.01M8 14h8",
  more: "M4.75 12a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0zm6.75 0a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0zm6.75 0a.5.5 0 1 0 1 0 .5.5 0 1 0-1 0z",
  trash: "M5 7h14M10 7V5h4v2m-7 0 .8 12h8.4L17 7m-7 4v5m4-5v5",
  undo: "M8 5 4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11h-3",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  compare: "M12 4v16M4 8h4v11H4zM16 11h4v8h-4z",
  tag: "M4 4h7.5l8 8-7.5 7.5-8-8zM8 8v.01",
  edit: "M5 19h3L19 8l-3-3L5 16zM13.5 7.5l3 3",
  note: "M6 4h12v10l-6 6H6zM18 14h-6v6M9 8h6m-6 3.5h3",
  download: "M12 4v11m0 0 4.5-4.5M12 15l-4.5-4.5M5 17v1a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-1",
  external: "M14 5h5v5M19 5l-8 8M17 14v5H5V7h5",
  filter: "M4 6h16M7 12h10M10 18h4",
  workers: "M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5v.01m0 8.99v.01",
  code: "m8.5 8-4 4 4 4m7-8 4 4-4 4",
  help: "M9.3 9.5a2.8 2.8 0 1 1 4.1 2.5c-.9.5-1.4 1-1.4 2m0 3v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
  refresh: "M20 11a8 8 0 0 0-14.3-4M4 4v4h4M4 13a8 8 0 0 0 14.3 4M20 20v-4h-4",
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
