/** How lines are told apart, by those who don't see their colors, too; in the colors' order. */

import type { ComponentChildren } from "preact";

export const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;
export const MARKERS = ["circle", "square", "diamond", "triangle-up", "cross", "x"] as const;

// The same, as a legend draws them.
const DRAWN_DASHES = ["none", "5 3", "1.5 2.5", "6 2 1.5 2", "8 3", "8 2 2 2"];
const DRAWN_MARKERS = [
  "M11 6a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
  "M11 3h6v6h-6z",
  "M14 2l4 4l-4 4l-4-4z",
  "M14 2l4 7h-8z",
  "M13 2h2v3h3v2h-3v3h-2v-3h-3v-2h3z",
  "M11 4.5l1.5-1.5l1.5 1.5l1.5-1.5l1.5 1.5l-1.5 1.5l1.5 1.5l-1.5 1.5l-1.5-1.5l-1.5 1.5l-1.5-1.5l1.5-1.5z",
];

/** `index`: of the line, from 0. */
export function LineKey({ index, children }: { index: number; children: ComponentChildren }) {
  return (
    <li>
      <svg
        class="line-key"
        viewBox="0 0 28 12"
        width="28"
        height="12"
        style={{ color: `var(--line-${index + 1})` }}
      >
        <path class="line" d="M0 6H28" stroke-dasharray={DRAWN_DASHES[index]} />
        <path d={DRAWN_MARKERS[index]} />
      </svg>
      {children}
    </li>
  );
}
