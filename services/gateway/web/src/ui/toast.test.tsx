import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { toast, Toasts, undoLast } from "./toast";

function pass(milliseconds: number): Promise<void> {
  return act(async () => void (await vi.advanceTimersByTimeAsync(milliseconds)));
}

describe("notices", () => {
  let root: HTMLElement;

  beforeEach(() => {
    vi.useFakeTimers();
    root = document.body.appendChild(document.createElement("div"));
    act(() => render(<Toasts />, root));
  });
  afterEach(async () => {
    await pass(60_000);
    render(null, root);
    root.remove();
    vi.useRealTimers();
  });

  it("are told politely and go by themselves", async () => {
    await act(() => toast({ text: "Done." }));
    expect(root.querySelector('[aria-live="polite"]')?.textContent).toContain("Done.");
    await pass(60_000);
    expect(root.textContent).not.toContain("Done.");
  });

  it("stay while somebody is about to use them", async () => {
    await act(() => toast({ text: "Gone.", undo: () => Promise.resolve() }));
    const undo = root.querySelector<HTMLButtonElement>(".undo");
    await act(() => void undo?.dispatchEvent(new FocusEvent("focusin", { bubbles: true })));
    await pass(60_000);
    expect(root.textContent).toContain("Gone.");
    await act(() => void undo?.dispatchEvent(new FocusEvent("focusout", { bubbles: true })));
  });

  it("take back the last thing that can be taken back, once", async () => {
    const undo = vi.fn(() => Promise.resolve());
    await act(() => toast({ text: "Deleted.", undo }));
    await act(() => toast({ text: "Something else." }));
    await act(() => undoLast());
    await act(() => undoLast());
    expect(undo).toHaveBeenCalledTimes(1);
    expect(root.textContent).not.toContain("Deleted.");
  });

  it("say so where it can't be taken back", async () => {
    const undo = (): Promise<void> => Promise.reject(new Error("Too late."));
    await act(() => toast({ text: "Deleted.", undo }));
    await act(async () => {
      undoLast();
      await vi.advanceTimersByTimeAsync(0);
    });
    expect(root.textContent).toContain("Too late.");
  });
});
