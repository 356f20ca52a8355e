import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseTheme, isDark, themeChoice } from "./theme";

describe("the theme", () => {
  afterEach(() => {
    vi.restoreAllMocks();
    chooseTheme("system");
  });

  it("is what was chosen, on the document and for the next visit", () => {
    chooseTheme("dark");
    expect(isDark.value).toBe(true);
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect(localStorage.getItem("layerlab.theme")).toBe("dark");
    chooseTheme("light");
    expect(isDark.value).toBe(false);
  });

  it("is the system's again when nothing is chosen", () => {
    chooseTheme("dark");
    chooseTheme("system");
    expect(document.documentElement.dataset.theme).toBeUndefined();
    expect(localStorage.getItem("layerlab.theme")).toBeNull();
    expect(isDark.value).toBe(window.matchMedia("(prefers-color-scheme: dark)").matches);
  });

  it("is on the document before anybody is told", () => {
    const seen: (string | undefined)[] = [];
    const stop = isDark.subscribe(() => seen.push(document.documentElement.dataset.theme));
    chooseTheme("dark");
    stop();
    expect(seen.at(-1)).toBe("dark");
  });

  it("holds without storage until the page is closed", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("storage is off");
    });
    chooseTheme("dark");
    expect(themeChoice.value).toBe("dark");
  });
});
