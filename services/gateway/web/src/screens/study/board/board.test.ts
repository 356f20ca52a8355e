import { describe, expect, it } from "vitest";
import type { LiveTrial } from "../../../state/fold";
import { fieldValue } from "../../../state/selection";
import {
  nextSorting,
  readColumns,
  readPurpose,
  readSorting,
  writeColumns,
  writeSorting,
} from "./board_query";
import { COLUMN_IDS, columnName, USUAL } from "./columns";
import { filterFields } from "./filter_fields";
import { rowStep } from "./row_keys";

describe("the leaderboard's address", () => {
  it("has a sorting only where it isn't the best first", () => {
    expect(readSorting(null, COLUMN_IDS)).toEqual({ id: "score_val", desc: true });
    expect(readSorting("-nothing", COLUMN_IDS)).toEqual({ id: "score_val", desc: true });
    for (const text of ["learning_rate", "-learning_rate", "score_val"]) {
      expect(writeSorting(readSorting(text, COLUMN_IDS))).toBe(text);
    }
    expect(writeSorting({ id: "score_val", desc: true })).toBeNull();
  });

  it("turns a column around when it is pressed again", () => {
    const best = readSorting(null, COLUMN_IDS);
    expect(nextSorting(best, "score_val")).toEqual({ id: "score_val", desc: false });
    expect(nextSorting(best, "learning_rate")).toEqual({ id: "learning_rate", desc: false });
    expect(nextSorting(best, "score_test")).toEqual({ id: "score_test", desc: true });
  });

  it("has columns in their usual order, and none that don't exist", () => {
    expect(readColumns(null, COLUMN_IDS, USUAL)).toEqual(USUAL);
    const shown = readColumns("state,constructor,number", COLUMN_IDS, USUAL);
    expect(shown).toEqual(["number", "state"]);
    expect(writeColumns(shown, USUAL)).toBe("number,state");
    expect(writeColumns([...USUAL].reverse(), USUAL)).toBeNull();
  });

  it("is of the search unless it names another purpose", () => {
    expect(readPurpose("all")).toBe("all");
    expect(readPurpose("confirm")).toBe("confirm");
    expect(readPurpose("test")).toBe("search");
  });

  it("names every column", () => {
    expect(new Set(COLUMN_IDS.map(columnName)).size).toBe(COLUMN_IDS.length);
    expect(USUAL.every((id) => COLUMN_IDS.includes(id))).toBe(true);
  });
});

describe("keys in the list of rows", () => {
  it("lead from row to row and stay among them", () => {
    expect(rowStep("ArrowDown", 3, 10, 5)).toBe(4);
    expect(rowStep("ArrowUp", 0, 10, 5)).toBe(0);
    expect(rowStep("PageDown", 7, 10, 5)).toBe(9);
    expect(rowStep("End", 0, 10_000, 5)).toBe(9_999);
    expect(rowStep("Home", 400, 10_000, 5)).toBe(0);
    expect(rowStep("a", 4, 10, 5)).toBeNull();
    expect(rowStep("ArrowDown", 0, 0, 5)).toBeNull();
  });
});

describe("what can be filtered by", () => {
  it("is what trials differ in: a range of numbers, a choice of texts", () => {
    const trial = (score_val: number, activation: string): LiveTrial =>
      ({ score_val, n_layers: 2, design: { activation, hidden: [8], norm: "none" } }) as LiveTrial;
    const fields = filterFields([trial(0.51239, "relu"), trial(0.9, "gelu")], fieldValue);
    expect(fields).toEqual([
      { field: "score_val", values: null, low: 0.512, high: 0.9 },
      { field: "activation", values: ["gelu", "relu"], low: 0, high: 0 },
    ]);
  });
});
