/** Plotly, loaded when the first chart is looked at, and kept within the page's security policy. */

export type Trace = Record<string, unknown>;
export type Layout = Record<string, unknown>;

export interface Plotly {
  react(
    element: HTMLElement,
    traces: Trace[],
    layout: Layout,
    config: Record<string, unknown>,
  ): Promise<unknown>;
  purge(element: HTMLElement): void;
  Plots: { resize(element: HTMLElement): void };
}

/** Nothing of a chart leaves the machine. */
export const CONFIG = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: false,
  modeBarButtons: [["zoom2d", "resetScale2d", "toImage"]],
  toImageButtonOptions: { format: "png", scale: 2 },
};

let loading: Promise<Plotly> | null = null;

export function loadPlotly(): Promise<Plotly> {
  loading ??= importPlotly().catch((error: unknown) => {
    // The next chart tries again.
    loading = null;
    throw error;
  });
  return loading;
}

async function importPlotly(): Promise<Plotly> {
  standInForStyles();
  const module = (await import("plotly.js-cartesian-dist-min")) as unknown as { default: Plotly };
  return module.default;
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
