/** A chart: nothing of it is loaded or drawn before it is looked at, and a table says the same. */

import { useEffect, useRef, useState } from "preact/hooks";
import { hovered } from "../state/selection";
import { useWidth } from "../ui/hooks";
import { isDark } from "../ui/theme";
import { CONFIG, loadPlotly } from "./plotly";
import type {
  Box, Bundle, Layout, PlotElement, Plotly, PlotEvent, PointPlace, Trace,
} from "./plotly";
import { readTheme } from "./theme";
import type { ChartTheme } from "./theme";

export interface Drawing {
  traces: Trace[];
  layout: Layout;
}

/** Called for each drawing, with the colors of the moment and the width in pixels. */
export type Draw = (theme: ChartTheme, width: number) => Drawing;

/** What a drawn chart can be asked for. */
export interface PlotHandle {
  download(format: "png" | "svg", filename: string): void;
}

interface PlotProps {
  /** What a screen reader says instead of the picture. */
  label: string;
  draw: Draw;
  bundle?: Bundle;
  /** In pixels. */
  height?: number;
  onTrial?: (number: number, withShift: boolean) => void;
  /** After the reader has brushed an axis, with the traces as they are now. */
  onBrush?: (traces: readonly Trace[]) => void;
  /** After the reader has drawn a box; without it, dragging does nothing. */
  onBox?: (box: Box) => void;
  handle?: { current: PlotHandle | null };
}

export function Plot(props: PlotProps) {
  const { label, draw, bundle = "cartesian", height } = props;
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const visible = useVisible(frame);
  const { plotly, failed } = usePlotly(visible, bundle);
  const width = useWidth(frame);
  const dark = isDark.value;
  const latest = useRef(props);
  latest.current = props;
  const boxesDrawn = useRef(0);

  useEffect(() => {
    const element = plot.current as PlotElement | null;
    // What nobody sees is drawn when it comes into view, with what is true by then.
    if (!plotly || !element || !visible || width === 0) return;
    const { traces, layout } = draw(readTheme(), width);
    const size = { width, height: height ?? HEIGHT };
    const boxes = latest.current.onBox && hasMouse() ? boxLayout(boxesDrawn.current) : {};
    void plotly.react(element, traces, { ...layout, ...boxes, ...size }, CONFIG);
    listen(element, latest, boxesDrawn);
    if (props.handle) props.handle.current = handleOf(plotly, element);
  }, [plotly, draw, dark, visible, width, height]);

  useEffect(() => {
    const element = plot.current;
    if (!plotly || !element) return undefined;
    return () => plotly.purge(element);
  }, [plotly]);

  useHoverElsewhere(plot, plotly, visible && bundle === "cartesian");

  return (
    <div class="plot-frame" ref={frame} style={height ? { height: `${height}px` } : undefined}>
      <div class="plot" ref={plot} role="figure" aria-label={label} />
      {plotly === null && (
        <div class="waiting">
          {failed ? "The chart could not be loaded; the table says the same." : "Loading the chart"}
        </div>
      )}
    </div>
  );
}

const HEIGHT = 340;
/** A box selects in every view: nothing of it stays on the one that it was drawn on. */
function boxLayout(drawn: number): Layout {
  return { dragmode: "select", selections: [], selectionrevision: drawn };
}

/** On a touch screen, dragging scrolls. */
function hasMouse(): boolean {
  return matchMedia("(pointer: fine)").matches;
}

function usePlotly(wanted: boolean, bundle: Bundle): { plotly: Plotly | null; failed: boolean } {
  const [plotly, setPlotly] = useState<Plotly | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!wanted || plotly) return undefined;
    let isHere = true;
    loadPlotly(bundle).then(
      (loaded) => isHere && setPlotly(() => loaded),
      () => isHere && setFailed(true),
    );
    return () => {
      isHere = false;
    };
  }, [wanted, bundle, plotly]);
  return { plotly, failed };
}

function useVisible(element: { current: HTMLElement | null }): boolean {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new IntersectionObserver(
      (entries) => setVisible(entries[entries.length - 1]?.isIntersecting ?? false),
      // Just before it comes, so that it is there when it does.
      { rootMargin: "200px" },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return visible;
}

/** The trial that is pointed at in another view is told of in this one. */
function useHoverElsewhere(
  plot: { current: HTMLDivElement | null },
  plotly: Plotly | null,
  isShown: boolean,
): void {
  useEffect(() => {
    if (!plotly || !isShown) return undefined;
    let told: number | null = null;
    return hovered.subscribe((number) => {
      const element = plot.current as PlotElement | null;
      if (number === told || !element?.data) return;
      told = number;
      if (element.matches(":hover")) return;
      const place = number === null ? null : placeOf(element.data, number);
      if (place) plotly.Fx.hover(element, [place]);
      else plotly.Fx.unhover(element);
    });
  }, [plot, plotly, isShown]);
}

/** Of the first point that is the trial's; of a line that is all one trial's, its last one. */
export function placeOf(traces: readonly Trace[], number: number): PointPlace | null {
  for (const [curveNumber, { customdata, hoverinfo }] of traces.entries()) {
    if (!Array.isArray(customdata) || hoverinfo === "skip") continue;
    const isLine = customdata.length > 1 && customdata.at(-1) === number;
    const pointNumber = isLine ? customdata.length - 1 : customdata.indexOf(number);
    if (pointNumber >= 0) return { curveNumber, pointNumber };
  }
  return null;
}

const LISTENED = [
  "plotly_click", "plotly_hover", "plotly_unhover", "plotly_restyle", "plotly_selected",
];

function listen(
  element: PlotElement,
  latest: { current: PlotProps },
  boxesDrawn: { current: number },
): void {
  for (const name of LISTENED) element.removeAllListeners(name);
  element.on("plotly_click", (event) => {
    const number = trialOf(event);
    if (number !== null) latest.current.onTrial?.(number, event.event.shiftKey);
  });
  element.on("plotly_hover", (event) => (hovered.value = trialOf(event)));
  element.on("plotly_unhover", () => (hovered.value = null));
  element.on("plotly_restyle", () => latest.current.onBrush?.(element.data));
  element.on("plotly_selected", (event) => {
    if (!event?.range) return;
    boxesDrawn.current += 1;
    latest.current.onBox?.(event.range);
  });
}

function trialOf({ points }: PlotEvent): number | null {
  const number = points[0]?.customdata;
  return typeof number === "number" ? number : null;
}

function handleOf(plotly: Plotly, element: HTMLElement): PlotHandle {
  return {
    download(format, filename) {
      const { clientWidth: width, clientHeight: height } = element;
      void plotly.downloadImage(element, { format, filename, width, height, scale: 2 });
    },
  };
}

/** What all charts have in common. */
export function baseLayout(theme: ChartTheme): Layout {
  return {
    autosize: false,
    margin: { l: 56, r: 12, t: 16, b: 44 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: theme.font, color: theme.ink, size: 12.5 },
    hoverlabel: {
      bgcolor: theme.surface,
      bordercolor: theme.soft,
      font: { family: theme.font, color: theme.ink, size: 12.5 },
      align: "left",
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.muted, activecolor: theme.accent },
    showlegend: false,
    xaxis: baseAxis(theme),
    yaxis: baseAxis(theme),
    dragmode: false,
    hovermode: "closest",
  };
}

export function baseAxis(theme: ChartTheme, title = ""): Layout {
  return {
    gridcolor: theme.line,
    linecolor: theme.soft,
    zeroline: false,
    tickfont: { color: theme.muted, size: 12 },
    title: { text: title, font: { color: theme.muted, size: 12.5 }, standoff: 8 },
    automargin: true,
  };
}
