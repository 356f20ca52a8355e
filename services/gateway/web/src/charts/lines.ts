/** How lines are told apart by those who don't see their colors; in the colors' order. */

export const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"] as const;
export const MARKERS = ["circle", "square", "diamond", "triangle-up", "cross", "x"] as const;
