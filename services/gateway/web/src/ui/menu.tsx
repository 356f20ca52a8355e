/** A button that opens a short list of actions or links; by mouse, touch and keyboard. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "./icons";
import type { IconName } from "./icons";
import { menuStep } from "./menu_keys";

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** A link, where it leads to an address; else an action. */
  href?: string;
  onChoose?: () => void;
  /** One of a few that exclude each other, of which this one holds. */
  checked?: boolean;
  danger?: boolean;
  disabled?: boolean;
}

interface MenuProps {
  /** The button's name for a screen reader, and its tooltip. */
  label: string;
  items: readonly MenuItem[];
  /** What the button shows; three dots where nothing is given. */
  children?: ComponentChildren;
  class?: string;
}

export function Menu({ label, items, children, class: className = "icon-button" }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  return (
    <>
      <button
        ref={button}
        type="button"
        class={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children ?? <Icon name="more" />}
      </button>
      {open && (
        <MenuList
          id={id}
          label={label}
          items={items}
          anchor={button}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

interface MenuListProps {
  id: string;
  label: string;
  items: readonly MenuItem[];
  anchor: { current: HTMLElement | null };
  onClose: () => void;
}

function MenuList({ id, label, items, anchor, onClose }: MenuListProps) {
  const list = useRef<HTMLDivElement>(null);
  useOpenedAt(list, anchor);
  useClosedFromOutside(list, anchor, onClose);

  function leave(): void {
    onClose();
    anchor.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === "Tab") return onClose();
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      return leave();
    }
    const entries = entriesOf(list.current);
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const next = menuStep(event.key, at, items.map((item) => item.label));
    if (next === null) return;
    event.preventDefault();
    entries[next]?.focus();
  }

  return (
    <div
      ref={list}
      id={id}
      class="menu"
      role="menu"
      aria-label={label}
      popover="manual"
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <Entry key={item.label} item={item} onLeave={leave} />
      ))}
    </div>
  );
}

function Entry({ item, onLeave }: { item: MenuItem; onLeave: () => void }) {
  const shared = {
    class: item.danger ? "danger" : undefined,
    tabIndex: -1,
    role: item.checked === undefined ? ("menuitem" as const) : ("menuitemradio" as const),
    "aria-checked": item.checked,
    "aria-disabled": item.disabled || undefined,
  };
  const choose = (): void => {
    if (item.disabled) return;
    onLeave();
    item.onChoose?.();
  };
  const content = (
    <>
      {item.icon && <Icon name={item.icon} />}
      <span>{item.label}</span>
      {item.checked && <Icon name="check" class="mark" />}
    </>
  );
  if (item.href !== undefined) {
    return (
      <a {...shared} href={item.href} onClick={choose}>
        {content}
      </a>
    );
  }
  return (
    <button {...shared} type="button" onClick={choose}>
      {content}
    </button>
  );
}

function entriesOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}

const GAP = 4;

/** In the top layer, so that no table cuts it off; on the screen, wherever the button is. */
function useOpenedAt(
  list: { current: HTMLElement | null },
  anchor: { current: HTMLElement | null },
): void {
  useLayoutEffect(() => {
    const menu = list.current;
    const button = anchor.current?.getBoundingClientRect();
    if (!menu || !button) return;
    menu.showPopover?.();
    const { width, height } = menu.getBoundingClientRect();
    const left = Math.min(button.right, window.innerWidth - GAP) - width;
    const below = button.bottom + GAP;
    const above = button.top - GAP - height;
    const fits = below + height <= window.innerHeight || above < GAP;
    menu.style.left = `${Math.max(GAP, left)}px`;
    menu.style.top = `${fits ? below : above}px`;
    (entriesOf(menu).find((entry) => entry.ariaChecked === "true") ?? entriesOf(menu)[0])?.focus();
  }, []);
}

function useClosedFromOutside(
  list: { current: HTMLElement | null },
  anchor: { current: HTMLElement | null },
  onClose: () => void,
): void {
  useEffect(() => {
    const press = (event: Event): void => {
      const target = event.target as Node;
      if (list.current?.contains(target) || anchor.current?.contains(target)) return;
      onClose();
    };
    document.addEventListener("pointerdown", press);
    window.addEventListener("scroll", press, true);
    window.addEventListener("resize", onClose);
    return () => {
      document.removeEventListener("pointerdown", press);
      window.removeEventListener("scroll", press, true);
      window.removeEventListener("resize", onClose);
    };
  }, [onClose]);
}
