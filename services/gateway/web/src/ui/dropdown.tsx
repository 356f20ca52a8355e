/** A button that opens a form below it; Escape closes it. */

import type { ComponentChildren } from "preact";
import { Icon } from "./icons";
import type { IconName } from "./icons";

interface DropdownProps {
  label: string;
  icon: IconName;
  children: ComponentChildren;
}

export function Dropdown({ label, icon, children }: DropdownProps) {
  return (
    <details
      class="dropdown-box"
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.currentTarget.open = false;
        event.currentTarget.querySelector("summary")?.focus();
      }}
    >
      <summary class="btn btn-quiet btn-small">
        <Icon name={icon} /> {label}
      </summary>
      <div class="dropdown-content">{children}</div>
    </details>
  );
}
