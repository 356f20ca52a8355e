import { describe, expect, it } from "vitest";
import { menuStep } from "./menu_keys";

const LABELS = ["Open", "Clone", "Copy", "Delete"];

describe("a menu's keys", () => {
  it("go round in both directions", () => {
    expect(menuStep("ArrowDown", 0, LABELS)).toBe(1);
    expect(menuStep("ArrowDown", 3, LABELS)).toBe(0);
    expect(menuStep("ArrowUp", 0, LABELS)).toBe(3);
    expect(menuStep("ArrowDown", -1, LABELS)).toBe(0);
  });

  it("go to both ends", () => {
    expect(menuStep("Home", 2, LABELS)).toBe(0);
    expect(menuStep("End", 1, LABELS)).toBe(3);
  });

  it("find the next entry by its first letter", () => {
    expect(menuStep("c", 0, LABELS)).toBe(1);
    expect(menuStep("c", 1, LABELS)).toBe(2);
    expect(menuStep("C", 2, LABELS)).toBe(1);
    expect(menuStep("o", -1, LABELS)).toBe(0);
    expect(menuStep("z", 0, LABELS)).toBeNull();
  });

  it("leave the others to the browser", () => {
    expect(menuStep("Enter", 0, LABELS)).toBeNull();
    expect(menuStep(" ", 0, LABELS)).toBeNull();
    expect(menuStep("ArrowDown", 0, [])).toBeNull();
  });
});
