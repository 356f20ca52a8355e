/** A panel with a chart that we draw ourselves, and the table behind it. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Panel } from "../ui/panel";
import { TableToggle } from "./table_toggle";

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
    <TableToggle title={title} asTable={asTable} onToggle={() => setAsTable(!asTable)} />
  );
  return (
    <Panel title={title} subtitle={subtitle} actions={toggle}>
      {empty ?? (asTable ? <Table title={title}>{table}</Table> : chart)}
      {empty === null && !asTable && footer}
    </Panel>
  );
}

function Table({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="table-frame chart-table" tabIndex={0} role="region" aria-label={`${title}, table`}>
      {children}
    </div>
  );
}
