/** The page's tokens as Plotly wants them. Read anew for each drawing: they follow the system. */

import { SCALE_TOKENS } from "./score_scale";

export interface ChartTheme {
  font: string;
  ink: string;
  muted: string;
  line: string;
  surface: string;
  soft: string;
  accent: string;
  /** Plotly's colorscale: worst to best. */
  scale: [number, string][];
  lines: string[];
}

export function readTheme(): ChartTheme {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    font: token("--font"),
    ink: token("--ink"),
    muted: token("--ink-3"),
    line: token("--line"),
    surface: token("--surface"),
    soft: token("--line-strong"),
    accent: token("--accent"),
    scale: SCALE_TOKENS.map((name, index) => [index / (SCALE_TOKENS.length - 1), token(name)]),
    lines: [1, 2, 3, 4, 5, 6].map((index) => token(`--line-${index}`)),
  };
}

/** Plotly reads some tags in its texts; a name from a table must never become one. (Nor do texts of
 *  ours use any but `<br>`: the others are inline styles, which the security policy forbids.) */
export function plainText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
