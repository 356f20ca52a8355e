import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { areShortcutsOn, KeyReader, registerShortcuts, startShortcuts } from "./shortcuts";

const run = (): void => undefined;
const groups = [
  {
    title: "Everywhere",
    shortcuts: [
      { keys: "g s", text: "Studies", run },
      { keys: "s", text: "Stop", run },
      { keys: "n", text: "New", run },
    ],
  },
];

function textOf(reader: KeyReader, key: string, now = 0): string | undefined {
  return reader.read(key, now, groups)?.text;
}

describe("keys", () => {
  it("act alone, or one after the other", () => {
    const reader = new KeyReader();
    expect(textOf(reader, "n")).toBe("New");
    expect(textOf(reader, "g")).toBeUndefined();
    expect(textOf(reader, "s")).toBe("Studies");
    expect(textOf(reader, "s")).toBe("Stop");
  });

  it("do nothing where the second one has no meaning", () => {
    const reader = new KeyReader();
    textOf(reader, "g");
    expect(textOf(reader, "n")).toBeUndefined();
    expect(textOf(reader, "n")).toBe("New");
  });

  it("forget the first one after a while", () => {
    const reader = new KeyReader();
    textOf(reader, "g", 0);
    expect(textOf(reader, "s", 60_000)).toBe("Stop");
  });

  it("belong to what was registered last", () => {
    const over = { title: "Here", shortcuts: [{ keys: "n", text: "Next", run }] };
    expect(new KeyReader().read("n", 0, [...groups, over])?.text).toBe("Next");
  });
});

describe("the page's keys", () => {
  const act = vi.fn();
  let stop = run;
  let unregister = run;

  beforeEach(() => {
    act.mockClear();
    document.body.innerHTML =
      '<p id="text">x</p><input id="field"><input id="box" type="checkbox">';
    stop = startShortcuts();
    unregister = registerShortcuts("Test", [{ keys: "x", text: "Act", run: act }]);
  });
  afterEach(() => {
    stop();
    unregister();
    areShortcutsOn.value = true;
  });

  function press(id: string, changes: KeyboardEventInit = {}): void {
    const event = new KeyboardEvent("keydown", { key: "x", bubbles: true, ...changes });
    document.getElementById(id)?.dispatchEvent(event);
  }

  it("act where nobody types", () => {
    press("text");
    press("box");
    expect(act).toHaveBeenCalledTimes(2);
  });

  it("do nothing while somebody types", () => {
    press("field");
    expect(act).not.toHaveBeenCalled();
  });

  it("leave the browser its own", () => {
    press("text", { ctrlKey: true });
    press("text", { metaKey: true });
    press("text", { altKey: true });
    expect(act).not.toHaveBeenCalled();
  });

  it("do nothing below an open dialog", () => {
    document.body.insertAdjacentHTML("beforeend", "<dialog open></dialog>");
    press("text");
    expect(act).not.toHaveBeenCalled();
  });

  it("can be switched off", () => {
    areShortcutsOn.value = false;
    press("text");
    expect(act).not.toHaveBeenCalled();
  });

  it("are gone with the screen that had them", () => {
    unregister();
    press("text");
    expect(act).not.toHaveBeenCalled();
  });
});
