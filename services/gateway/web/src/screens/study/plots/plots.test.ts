import { describe, expect, it } from "vitest";
import { axisBrush, plainBrush, withBrushes } from "../../../charts/box_brushes";
import { variedFields } from "../../../charts/fields";
import type { LiveTrial } from "../../../state/fold";
import type { ChartTheme } from "../../../charts/theme";
import { drawParallel } from "./parallel";
import { heatOf } from "./heat";
import { survivalOf } from "./survival";
import { staysOf } from "./timeline";

// A trial of the search, with what a test says of it.
function trial(fields: Partial<LiveTrial>, learning_rate = 0.01, activation = "relu"): LiveTrial {
  const design = { hidden: [8], learning_rate, activation };
  return { score_val: 0.5, n_layers: 1, design, ...fields } as unknown as LiveTrial;
}

describe("the score over two choices", () => {
  it("has every trial in one cell, and its mean", () => {
    const trials = [
      trial({ score_val: 0.5 }, 0.001, "relu"),
      trial({ score_val: 0.7 }, 0.001, "relu"),
      trial({ score_val: 0.9 }, 0.1, "gelu"),
    ];
    const [rate, activation] = variedFields(trials);
    if (!rate || !activation) throw new Error("both vary");
    const heat = heatOf(trials, rate, activation, "accuracy");
    expect(heat.x.labels).toEqual(["0.001", "0.1"]);
    expect(heat.y.labels).toEqual(["gelu", "relu"]);
    expect(heat.means[1]?.[0]).toBeCloseTo(0.6);
    expect(heat.means).toEqual([
      [null, 0.9],
      [expect.closeTo(0.6), null],
    ]);
    expect(heat.counts).toEqual([
      [0, 1],
      [2, 0],
    ]);
  });

  it("cuts many values into a few bins and loses none at the ends", () => {
    const trials = Array.from({ length: 50 }, (_, n) =>
      trial({}, 1e-4 * 1.2 ** n, n % 2 ? "relu" : "gelu"),
    );
    const [rate, activation] = variedFields(trials);
    if (!rate || !activation) throw new Error("both vary");
    const heat = heatOf(trials, rate, activation, "log_loss");
    expect(heat.x.centers).toHaveLength(8);
    expect(heat.counts.flat().reduce((a, b) => a + b, 0)).toBe(50);
    expect(heat.means.flat().every((mean) => mean === null || mean === 0.5)).toBe(true);
  });
});

describe("a box on a chart", () => {
  const choice = { field: "activation", categories: ["gelu", "relu", "tanh"], isLog: false, zeroAt: null };

  it("is a range of numbers, in their own units", () => {
    const rate = { field: "learning_rate", categories: null, isLog: true, zeroAt: null };
    expect(axisBrush(rate, [-2, -3])).toEqual({ field: "learning_rate", low: 0.001, high: 0.01 });
    expect(plainBrush("n_params", [12.34567, 99])).toEqual({ field: "n_params", low: 12.35, high: 99 });
  });

  it("is the categories in it, and says nothing where that is none or all", () => {
    expect(axisBrush(choice, [0.6, 2.4])).toEqual({ field: "activation", values: ["relu", "tanh"] });
    expect(axisBrush(choice, [0.2, 0.8])).toBeNull();
    expect(axisBrush(choice, [-1, 3])).toBeNull();
  });

  it("takes the place of what was said of the same fields", () => {
    const before = [{ field: "norm", values: ["batch"] }, { field: "n_params", low: 1 }];
    expect(withBrushes(before, [null, { field: "n_params", high: 5 }])).toEqual([
      { field: "norm", values: ["batch"] },
      { field: "n_params", high: 5 },
    ]);
  });
});

describe("a condition on an axis of parallel coordinates", () => {
  it("begins at the axis where its bound is 0, which a logarithm has no place for", () => {
    const trials = [1e-4, 1e-1].map((rate) => trial({}, rate, "relu"));
    const [rate] = variedFields(trials);
    if (!rate) throw new Error("it varies");
    const theme = { scale: [], lines: [] } as unknown as ChartTheme;
    const brush = { field: "learning_rate", low: 0, high: 0.01 };
    const [trace] = drawParallel(theme, trials, [rate], [brush], "accuracy").traces;
    const [axis] = trace?.["dimensions"] as { constraintrange: number[] }[];
    expect(axis?.constraintrange[0]).toBeCloseTo(-4);
    expect(axis?.constraintrange[1]).toBeCloseTo(-2);
  });
});

describe("who trained when", () => {
  const at = (second: number): string => new Date(second * 1000).toISOString();
  const base = { worker_id: "a", cohort_id: "c1", attempt: 1, purpose: "search" } as const;

  it("joins the trials of a cohort, and ends now what still trains", () => {
    const stays = staysOf(
      [
        trial({ ...base, started_at: at(10), ended_at: at(12) }),
        trial({ ...base, started_at: at(10), ended_at: at(15) }),
        trial({ ...base, attempt: 2, worker_id: "b", started_at: at(20), ended_at: null }),
        trial({ ...base, started_at: null, ended_at: null }),
      ],
      30_000,
    );
    expect(stays).toMatchObject([
      { workerId: "a", start: 10_000, end: 15_000, trials: 2 },
      { workerId: "b", start: 20_000, end: 30_000, trials: 1, attempt: 2 },
    ]);
  });
});

describe("how long designs trained", () => {
  it("counts those that are left after each epoch with which one ended", () => {
    const ended = (epochs: number, state: LiveTrial["state"]): LiveTrial => trial({ epochs, state });
    const steps = survivalOf([
      ended(3, "PRUNED"),
      ended(3, "PRUNED"),
      ended(9, "SUCCEEDED"),
      ended(20, "SUCCEEDED"),
      ended(5, "RUNNING"),
      ended(0, "CANCELLED"),
    ]);
    expect(steps).toEqual([
      { epoch: 3, left: 2, dropped: 2, ended: 0 },
      { epoch: 9, left: 1, dropped: 0, ended: 1 },
      { epoch: 20, left: 0, dropped: 0, ended: 1 },
    ]);
  });
});
