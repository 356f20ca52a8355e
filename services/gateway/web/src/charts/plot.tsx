/** A chart: nothing of it is loaded before it is looked at, and a table says the same. */

import { useEffect, useRef, useState } from "preact/hooks";
import { isDark } from "../ui/theme";
import { CONFIG, loadPlotly } from "./plotly";
import type { Layout, Plotly, Trace } from "./plotly";
import { readTheme } from "./theme";
import type { ChartTheme } from "./theme";

interface PlotProps {
  /** What a screen reader says instead of the picture. */
  label: string;
  /** Called for each drawing, with the colors of the moment. */
  draw: (theme: ChartTheme) => { traces: Trace[]; layout: Layout };
}

export function Plot({ label, draw }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  const [plotly, setPlotly] = useState<Plotly | null>(null);
  const [failed, setFailed] = useState(false);
  const dark = isDark.value;

  useEffect(() => {
    if (!frame.current) return undefined;
    return whenSeen(frame.current, () => {
      loadPlotly().then(setPlotlyValue, () => setFailed(true));
    });
    function setPlotlyValue(loaded: Plotly): void {
      setPlotly(() => loaded);
    }
  }, []);

  useEffect(() => {
    if (!plotly || !plot.current) return;
    const { traces, layout } = draw(readTheme());
    void plotly.react(plot.current, traces, layout, CONFIG);
  }, [plotly, draw, dark]);

  useEffect(() => {
    const element = plot.current;
    if (!plotly || !element) return undefined;
    const observer = new ResizeObserver(() => plotly.Plots.resize(element));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plotly.purge(element);
    };
  }, [plotly]);

  return (
    <div class="plot-frame" ref={frame}>
      <div class="plot" ref={plot} role="figure" aria-label={label} />
      {plotly === null && (
        <div class="waiting">
          {failed ? "The chart could not be loaded; the table says the same." : "Loading the chart"}
        </div>
      )}
    </div>
  );
}

function whenSeen(element: HTMLElement, callback: () => void): () => void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    callback();
  });
  observer.observe(element);
  return () => observer.disconnect();
}

/** What all charts have in common. */
export function baseLayout(theme: ChartTheme): Layout {
  const axis = {
    gridcolor: theme.line,
    linecolor: theme.soft,
    zeroline: false,
    tickfont: { color: theme.muted, size: 12 },
    title: { font: { color: theme.muted, size: 12.5 }, standoff: 10 },
    automargin: true,
  };
  return {
    autosize: true,
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
    xaxis: axis,
    yaxis: axis,
    dragmode: false,
  };
}
