/** What has the focus can go away with a redraw: a condition that is cleared, a notice that is
 *  dismissed, a button that is disabled until the answer comes. The keyboard goes on beside it.
 */

const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';

export function keepFocus(): () => void {
  let lost: HTMLElement | null = null;
  let around: HTMLElement[] = [];
  let path = "";
  const remember = (event: FocusEvent): void => {
    lost = event.target as HTMLElement;
    around = ancestorsOf(lost);
    path = location.pathname;
  };
  // Whoever clicks beside everything means to leave.
  const forget = (): void => void (lost = null);
  const mend = (): void => {
    if (lost === null || document.activeElement !== document.body) return;
    // At another address, the frame decides.
    if (location.pathname !== path) return;
    (lost.isConnected ? lost : nearestStop(around))?.focus({ preventScroll: true });
  };
  const observer = new MutationObserver(mend);
  const what = { childList: true, subtree: true, attributeFilter: ["disabled"] };
  observer.observe(document.body, what);
  document.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", forget);
  return () => {
    observer.disconnect();
    document.removeEventListener("focusin", remember);
    document.removeEventListener("pointerdown", forget);
  };
}

/** From the nearest one on. */
function ancestorsOf(element: HTMLElement): HTMLElement[] {
  const found: HTMLElement[] = [];
  for (let each = element.parentElement; each; each = each.parentElement) found.push(each);
  return found;
}

function nearestStop(around: readonly HTMLElement[]): HTMLElement | null {
  const main = document.querySelector<HTMLElement>("main");
  for (const place of around.filter((each) => each.isConnected)) {
    if (place.contains(main)) return main;
    const stops = [...place.querySelectorAll<HTMLElement>(STOPS)];
    const stop = stops.find(canStop);
    if (stop) return stop;
  }
  return main;
}

function canStop(element: HTMLElement): boolean {
  return element.tabIndex >= 0 && !element.matches(":disabled") && element.checkVisibility();
}
