/** A panel with a chart that we draw ourselves, and the table behind it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Panel } from "../ui/panel";

interface FigurePanelProps {
  title: string;
  subtitle: string;
  chart: ComponentChildren;
  table: ComponentChildren;
  /** Shown instead of both while there is nothing to show. */
  empty: ComponentChildren | null;
  footer?: ComponentChildren;
}

export function FigurePanel({ title, subtitle, chart, table, empty, footer }: FigurePanelProps) {
  const [asTable, setAsTable] = useState(false);
  const toggle = empty === null && (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      aria-pressed={asTable}
      onClick={() => setAsTable(!asTable)}
    >
      {asTable ? "Show as chart" : "Show as table"}
    </button>
  );
  return (
    <Panel title={title} subtitle={subtitle} actions={toggle}>
      {empty ?? (asTable ? <div class="table-frame chart-table">{table}</div> : chart)}
      {empty === null && !asTable && footer}
    </Panel>
  );
}
