/** A panel keeps its troubles to itself: an error in one leaves the others standing. */

import { Component } from "preact";
import type { ComponentChildren } from "preact";
import { Blank } from "./blank";

interface PanelProps {
  title: string;
  subtitle?: ComponentChildren;
  actions?: ComponentChildren;
  /** Without padding at the sides: for tables. */
  flush?: boolean;
  class?: string;
  children: ComponentChildren;
}

export function Panel({ title, subtitle, actions, flush, class: className, children }: PanelProps) {
  const id = `panel-${title.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
  return (
    <section class={`panel ${className ?? ""}`} aria-labelledby={id}>
      <div class="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {subtitle !== undefined && <p>{subtitle}</p>}
        </div>
        {actions}
      </div>
      <div class={flush ? "panel-body flush" : "panel-body"}>
        <Boundary>{children}</Boundary>
      </div>
    </section>
  );
}

interface BoundaryState {
  failed: boolean;
}

export class Boundary extends Component<{ children: ComponentChildren }, BoundaryState> {
  override state: BoundaryState = { failed: false };

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ failed: true });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <Blank
        icon="warning"
        title="This part could not be drawn"
        text="The rest of the page goes on. The browser's console says more."
      >
        <button
          type="button"
          class="btn btn-quiet"
          onClick={() => this.setState({ failed: false })}
        >
          Try again
        </button>
      </Blank>
    );
  }
}
