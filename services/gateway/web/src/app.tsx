/** The frame around every screen. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { navigate, route } from "./router";
import { Screen, screenKey } from "./screens/screen";
import { ConnectionBar } from "./ui/connection_bar";
import { keepFocus } from "./ui/keep_focus";
import { Boundary } from "./ui/panel";
import { startShortcuts, useShortcuts } from "./ui/shortcuts";
import type { Shortcut } from "./ui/shortcuts";
import { ShortcutsDialog } from "./ui/shortcuts_dialog";
import { Toasts, undoLast } from "./ui/toast";
import { TopBar } from "./ui/topbar";

export function App() {
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const [listsShortcuts, setListsShortcuts] = useState(false);
  const key = screenKey(at);
  const shown = useRef<string | null>(null);
  useEffect(() => {
    // After a change of screen, the keyboard and the screen reader start at its top; within one
    // they do where the link that led on is gone.
    const isMoved = shown.current !== key || document.activeElement === document.body;
    if (shown.current !== null && isMoved) main.current?.focus({ preventScroll: true });
    shown.current = key;
  }, [key, location.pathname]);
  useEffect(keepFilesOut, []);
  useEffect(keepFocus, []);
  useEffect(startShortcuts, []);
  const everywhere = useMemo(() => shortcutsOf(() => setListsShortcuts(true)), []);
  useShortcuts("Everywhere", everywhere);
  return (
    <div class="shell">
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <TopBar at={at} onShortcuts={() => setListsShortcuts(true)} />
      <ConnectionBar />
      <main class="main" id="main" ref={main} tabIndex={-1}>
        <Boundary key={key}>
          <Screen at={at} />
        </Boundary>
      </main>
      <Toasts />
      {listsShortcuts && <ShortcutsDialog onClose={() => setListsShortcuts(false)} />}
    </div>
  );
}

function shortcutsOf(listShortcuts: () => void): Shortcut[] {
  return [
    { keys: "g s", text: "Go to the studies", run: () => navigate("/") },
    { keys: "g d", text: "Go to the datasets", run: () => navigate("/datasets") },
    { keys: "g w", text: "Go to workers and queue", run: () => navigate("/workers") },
    { keys: "g a", text: "Go to the API", run: () => navigate("/api") },
    { keys: "n", text: "New study", run: () => navigate("/new") },
    { keys: "/", text: "Search on this screen", run: focusSearch },
    { keys: "u", text: "Undo what was just done", run: undoLast },
    { keys: "?", text: "This list", run: listShortcuts },
  ];
}

function focusSearch(): void {
  document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus();
}

/** A file that is dropped where nothing takes it must not replace the page. */
function keepFilesOut(): () => void {
  const prevent = (event: DragEvent): void => event.preventDefault();
  window.addEventListener("dragover", prevent);
  window.addEventListener("drop", prevent);
  return () => {
    window.removeEventListener("dragover", prevent);
    window.removeEventListener("drop", prevent);
  };
}
