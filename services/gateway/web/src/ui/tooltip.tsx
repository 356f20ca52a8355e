/** A line about something, when it is pointed at or has the focus; Escape puts it away. */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Around text or a control. Nothing that is needed may be said here alone. */
export function Tooltip({ text, children }: { text: string; children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLSpanElement>(null);
  const id = useId();
  return (
    <span
      ref={anchor}
      class="tooltip-anchor"
      aria-describedby={open ? id : undefined}
      onMouseEnter={() => setOpen(true)}
      onMouseLeave={() => setOpen(false)}
      onFocusIn={() => setOpen(true)}
      onFocusOut={() => setOpen(false)}
      onKeyDown={(event) => {
        if (event.key === "Escape") setOpen(false);
      }}
    >
      {children}
      {open && <Bubble id={id} text={text} anchor={anchor} />}
    </span>
  );
}

interface BubbleProps {
  id: string;
  text: string;
  anchor: { current: HTMLElement | null };
}

const GAP = 6;

function Bubble({ id, text, anchor }: BubbleProps) {
  const bubble = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const shown = bubble.current;
    const place = anchor.current?.getBoundingClientRect();
    if (!shown || !place) return;
    shown.showPopover?.();
    const { width, height } = shown.getBoundingClientRect();
    const left = place.left + place.width / 2 - width / 2;
    const above = place.top - GAP - height;
    shown.style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - width - GAP))}px`;
    shown.style.top = `${above >= GAP ? above : place.bottom + GAP}px`;
  }, [text]);
  return (
    <span ref={bubble} id={id} class="tooltip-bubble" role="tooltip" popover="manual">
      {text}
    </span>
  );
}
