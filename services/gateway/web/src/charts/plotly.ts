/** Plotly, loaded when the first chart is looked at, and kept within the page's security policy. */

export type Trace = Record<string, unknown>;
export type Layout = Record<string, unknown>;

/** Width and height in pixels; a PNG has twice as many. */
export interface ImageRequest {
  format: "png" | "svg";
  filename: string;
  width: number;
  height: number;
  scale: number;
}

export interface PlotPoint {
  /** The number of the point's trial, where it is one. */
  customdata?: unknown;
}

export interface PointPlace {
  curveNumber: number;
  pointNumber: number;
}

export interface PlotEvent {
  points: readonly PlotPoint[];
  event: MouseEvent;
}

/** Two ends for each axis that a box was drawn on: `x` and `y`, of a later subplot `x2` and `y2`. */
export type Box = Readonly<Record<string, readonly [number, number]>>;

export interface BoxEvent {
  /** Missing where something else than a box was drawn. */
  range?: Box;
}

/** A div that Plotly has drawn in. */
export interface PlotElement extends HTMLElement {
  on(name: "plotly_click" | "plotly_hover", listener: (event: PlotEvent) => void): void;
  on(name: "plotly_unhover" | "plotly_restyle", listener: () => void): void;
  on(name: "plotly_selected", listener: (event: BoxEvent | undefined) => void): void;
  removeAllListeners(name: string): void;
  /** As the reader has changed them: where axes are brushed. */
  data: readonly Trace[];
}

/** `strict` has parallel coordinates and all that `cartesian` has; it is three times as large. */
export type Bundle = "cartesian" | "strict";

export interface Plotly {
  react(
    element: HTMLElement,
    traces: Trace[],
    layout: Layout,
    config: Record<string, unknown>,
  ): Promise<unknown>;
  purge(element: HTMLElement): void;
  downloadImage(element: HTMLElement, how: ImageRequest): Promise<unknown>;
  Plots: { resize(element: HTMLElement): void };
  /** On subplots with axes; `hover` takes one point of each trace at most. */
  Fx: {
    hover(element: HTMLElement, points: readonly PointPlace[]): void;
    unhover(element: HTMLElement): void;
  };
}

/** Nothing of a chart leaves the machine. */
export const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: false,
  modeBarButtons: [["zoom2d", "resetScale2d"]],
};

const loading = new Map<Bundle, Promise<Plotly>>();

/** One bundle where one does: what is drawn after the larger one has come is drawn with it. */
export function loadPlotly(bundle: Bundle = "cartesian"): Promise<Plotly> {
  const wanted = loading.has("strict") ? "strict" : bundle;
  const before = loading.get(wanted);
  if (before) return before;
  const started = importPlotly(wanted).catch((error: unknown) => {
    // The next chart tries again.
    loading.delete(wanted);
    throw error;
  });
  loading.set(wanted, started);
  return started;
}

async function importPlotly(bundle: Bundle): Promise<Plotly> {
  standInForStyles();
  const module = await (bundle === "strict"
    ? import("plotly.js-strict-dist-min")
    : import("plotly.js-cartesian-dist-min"));
  return (module as unknown as { default: Plotly }).default;
}

// The id that the bundle gives to the style sheet of its map library, which no chart here uses.
const MAP_STYLES_ID = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";

/**
 * Plotly writes <style> elements, which `style-src 'self'` forbids. It leaves out those that are
 * there already; what they would say is in our own style sheet (_charts.scss).
 */
function standInForStyles(): void {
  standIn("plotly.js-style-global", "no-inline-styles");
  standIn(MAP_STYLES_ID, "");
}

function standIn(id: string, className: string): void {
  if (document.getElementById(id)) return;
  const element = document.createElement("meta");
  element.id = id;
  element.className = className;
  document.head.append(element);
}
