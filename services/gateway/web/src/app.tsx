/** The frame around every screen. */

import { useEffect, useRef } from "preact/hooks";
import { route } from "./router";
import { Screen, screenKey } from "./screens/screen";
import { Brand, Icon } from "./ui/icons";
import { Boundary } from "./ui/panel";

export function App() {
  const at = route.value;
  const main = useRef<HTMLElement>(null);
  const key = screenKey(at);
  const first = useRef(true);
  useEffect(() => {
    // After a change of screen, the keyboard and the screen reader start at its top.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [key]);
  useEffect(keepFilesOut, []);
  return (
    <div class="shell">
      <a class="skip-link" href="#main">
        Skip to the content
      </a>
      <header class="topbar">
        <div class="topbar-inner">
          <Brand />
          <nav aria-label="Main">
            <a href="/" aria-current={at.name === "home" ? "page" : undefined}>
              Studies
            </a>
          </nav>
          <span class="spacer" />
          {at.name !== "new" && (
            <a class="btn btn-quiet" href="/new">
              <Icon name="plus" />
              New study
            </a>
          )}
        </div>
      </header>
      <main class="main" id="main" ref={main} tabIndex={-1}>
        <Boundary key={key}>
          <Screen at={at} />
        </Boundary>
      </main>
    </div>
  );
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
