/** Questions and sheets above the page, on the browser's own `<dialog>`.
 *
 * It keeps the focus inside, gives it back when it closes, and closes with Escape.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface DialogProps {
  title: string;
  onClose: () => void;
  /** For tables and forms; a question is narrow. */
  wide?: boolean;
  children: ComponentChildren;
}

/** Open as long as it is drawn: `{asking && <Dialog …/>}`. */
export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    const before = document.activeElement;
    if (shown && !shown.open) shown.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "sheet wide" : "sheet"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // Only what lies around the dialog is the dialog element itself.
        const shown = event.currentTarget;
        if (event.target === shown && isOutside(event, shown)) onClose();
      }}
    >
      <div class="sheet-head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </dialog>
  );
}

function isOutside(event: MouseEvent, dialog: HTMLElement): boolean {
  const box = dialog.getBoundingClientRect();
  const { clientX: x, clientY: y } = event;
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

interface ConfirmProps {
  title: string;
  text: ComponentChildren;
  /** What will happen, as a verb: “Stop the study”. */
  verb: string;
  danger?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, verb, danger, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="row sheet-actions">
        <button type="button" class="btn btn-quiet" onClick={onClose}>
          Back
        </button>
        <button
          type="button"
          class={danger ? "btn btn-danger" : "btn btn-primary"}
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
