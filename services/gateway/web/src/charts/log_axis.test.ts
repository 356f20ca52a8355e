import { expect, test } from "vitest";
import { logAxis } from "./log_axis";

test("a logarithmic axis is labelled at 1, 2 and 5, in whole numbers", () => {
  const { tickvals, ticktext } = logAxis(0.3, 40);
  expect(tickvals).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]);
  expect(ticktext).toContain("0.2");
});

test("of many decades only the powers of ten are labelled", () => {
  expect(logAxis(1e-5, 2e4)["ticktext"]).toEqual([
    "1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10", "100", "1000", "10\u202fk", "100\u202fk",
  ]);
});

test("a value of 0, which such an axis can't show, costs the labels and nothing else", () => {
  expect(logAxis(0, 5)).toEqual({ type: "log" });
});
