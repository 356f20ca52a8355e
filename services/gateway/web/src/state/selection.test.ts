import { beforeEach, describe, expect, it } from "vitest";
import type { Trial } from "../api/types";
import { navigate } from "../router";
import { readConditions, writeConditions } from "./conditions";
import type { Brush } from "./conditions";
import * as selection from "./selection";

const design = { hidden: [64, 32], activation: "relu", dropout: 0.1, residual: true, recipe: null };
const trial = {
  number: 17,
  state: "SUCCEEDED",
  score_val: 0.9,
  val_loss: null,
  worker_id: 'big, "new"',
  n_layers: 2,
  design,
} as unknown as Trial;

function fulfills(...conditions: string[]): boolean {
  return selection.matches(trial, readConditions(conditions));
}

describe("a condition", () => {
  it("comes back from an address as it was", () => {
    const brushes: Brush[] = [
      { field: "score_val", low: -0.25, high: 1e-7 },
      { field: "learning_rate", low: 1e-3, lowOpen: true },
      { field: "activation", values: ["relu", "gelu"] },
      { field: "hidden", values: ["64-32"], not: true },
    ];
    expect(readConditions(writeConditions(brushes))).toEqual(brushes);
  });

  it("keeps values with commas, quotes, spaces and nothing in them", () => {
    const values = ["a,b", 'the "big" one', " outer ", "", "ä=b>=c", "100%", "a&b#c+d"];
    const brush = { field: "worker_id", values };
    expect(readConditions(writeConditions([brush]))).toEqual([brush]);
  });

  it("is skipped where it isn't one", () => {
    expect(readConditions(["", "score_val", ">=3", "score_val>=much", "n_layers<"])).toEqual([]);
  });

  it("makes one range of two ends", () => {
    expect(readConditions(["n_layers>=2", "n_layers<4"])).toEqual([
      { field: "n_layers", low: 2, high: 4, highOpen: true },
    ]);
  });

  it("of no value at all is none", () => {
    expect(writeConditions([{ field: "norm", values: [] }])).toEqual([]);
  });
});

describe("a trial", () => {
  it("matches when every condition holds", () => {
    expect(fulfills()).toBe(true);
    expect(fulfills("score_val>=0.9", "activation=gelu,relu", "hidden=64-32")).toBe(true);
    expect(fulfills("score_val>=0.9", "activation=gelu")).toBe(false);
    expect(fulfills("score_val>0.9")).toBe(false);
    expect(fulfills("n_layers<3", "n_layers!=1")).toBe(true);
  });

  it("is compared by number where it has one, and by text else", () => {
    expect(fulfills("dropout=0.10")).toBe(true);
    expect(fulfills("residual=true")).toBe(true);
    expect(fulfills('worker_id="big, ""new"""')).toBe(true);
  });

  it("without a value is in no range and none of the values", () => {
    expect(fulfills("val_loss<=100")).toBe(false);
    expect(fulfills("recipe=standard")).toBe(false);
    expect(fulfills("recipe!=standard")).toBe(true);
    expect(fulfills("constructor=Object")).toBe(false);
  });
});

describe("the selection", () => {
  beforeEach(() => navigate("/studies/s/plots?axis=time", { replace: true }));

  it("is in the address, beside what else is there", () => {
    selection.setBrush({ field: "score_val", low: 0.9 });
    selection.setBrush({ field: "worker_id", values: ["a,b&c"] });
    selection.togglePick(3);
    expect(location.search).toContain("axis=time");
    const before = { brushes: selection.brushes.value, picked: selection.picked.value };
    navigate(location.pathname + location.search, { replace: true });
    expect(selection.brushes.value).toEqual(before.brushes);
    expect(before.brushes).toHaveLength(2);
    expect(before.picked).toEqual([3]);
  });

  it("has one brush for a field, which can be taken away", () => {
    selection.setBrush({ field: "n_layers", low: 1 });
    selection.setBrush({ field: "n_layers", high: 3 });
    expect(selection.conditions.value).toEqual(["n_layers<=3"]);
    selection.clearBrush("n_layers");
    expect(location.search).toBe("?axis=time");
  });

  it("picks at most six, each once, and only numbers of trials", () => {
    expect(selection.readPicked("3,17,3,0,-2,x,1e3")).toEqual([3, 17]);
    for (let number = 1; number <= 6; number += 1) {
      expect(selection.togglePick(number)).toBe(true);
    }
    expect(selection.togglePick(7)).toBe(false);
    expect(selection.togglePick(1)).toBe(true);
    expect(selection.picked.value).toEqual([2, 3, 4, 5, 6]);
  });

  it("goes along with a link, without the rest of the address", () => {
    selection.setBrush({ field: "activation", values: ["relu", "gelu"] });
    selection.togglePick(3);
    const along = new URLSearchParams(selection.selectionQuery.value);
    expect(along.getAll("where")).toEqual(["activation=relu,gelu"]);
    expect(along.get("pick")).toBe("3");
    expect(along.has("axis")).toBe(false);
    selection.clearSelection();
    expect(selection.selectionQuery.value).toBe("");
  });
});
