import { describe, expect, it } from "vitest";
import { profile, sampleCsv } from "../mock/tables";
import {
  draftComplaint,
  forgetDraft,
  freshDraft,
  loadDraft,
  metricOf,
  requestOf,
  saveDraft,
} from "./draft";
import { parseDesigns } from "./own_designs";

const table = profile("penguins.csv", sampleCsv());
const fresh = freshDraft(table);

describe("a draft", () => {
  it("starts with the suggestion, ready to be sent", () => {
    expect(fresh.target).toBe("species");
    expect(draftComplaint(fresh)).toBeNull();
    expect(requestOf("d", fresh)).toEqual({
      dataset_id: "d",
      target: "species",
      preset: "balanced",
      engine: "fused",
      halving: "auto",
      seed: 0,
      verdict: "auto",
      search: "random",
      recipe: "paper",
      budget: { max_trials: 64 },
    });
  });

  it("survives a reload, and is forgotten when its study has started", () => {
    saveDraft(table.dataset_id, { ...fresh, designs: "12" });
    expect(loadDraft(table).designs).toBe("12");
    forgetDraft(table.dataset_id);
    expect(loadDraft(table)).toEqual(fresh);
  });

  it("names the field that can't be sent", () => {
    expect(draftComplaint({ ...fresh, designs: "0" })?.field).toBe("designs");
    expect(draftComplaint({ ...fresh, designs: "1.5" })?.field).toBe("designs");
    expect(draftComplaint({ ...fresh, designs: "", minutes: "" })?.field).toBe("designs");
    expect(draftComplaint({ ...fresh, minutes: "-1" })?.field).toBe("minutes");
    expect(draftComplaint({ ...fresh, seed: "x" })?.field).toBe("seed");
  });

  it("may have a time budget alone", () => {
    const timed = { ...fresh, designs: "", minutes: "2.5" };
    expect(draftComplaint(timed)).toBeNull();
    expect(requestOf("d", timed).budget).toEqual({ time_seconds: 150 });
  });

  it("leaves preparation to the search when that is chosen", () => {
    const request = requestOf("d", { ...fresh, recipe: "choose" });
    expect(request.recipe).toBeUndefined();
    expect(request.space?.["recipe"]).toEqual(["paper", "standard", "quantile"]);
  });

  it("needs a column for a split by group, and not the target", () => {
    const grouped = { ...fresh, splitMethod: "grouped" as const };
    expect(draftComplaint(grouped)?.field).toBe("splitColumn");
    expect(draftComplaint({ ...grouped, splitColumn: fresh.target })?.field).toBe("splitColumn");
    const ready = { ...grouped, splitColumn: "island" };
    expect(draftComplaint(ready)).toBeNull();
    expect(requestOf("d", ready).split).toEqual({ method: "grouped", column: "island", folds: 5 });
  });

  it("carries a limit of parameters and own designs", () => {
    const own = { ...fresh, maxParams: "5000", ownDesigns: '{"hidden": [64, 64]}' };
    const request = requestOf("d", own);
    expect(request.constraints).toEqual({ max_params: 5000 });
    expect(request.designs).toEqual([{ hidden: [64, 64] }]);
  });

  it("says what is wrong with own designs", () => {
    expect(draftComplaint({ ...fresh, ownDesigns: "[{" })?.field).toBe("ownDesigns");
    expect(parseDesigns('[{"hidden": [8]}, {"dropout": 0.1}]')).toContain("Design 2");
    expect(parseDesigns('[{"hidden": "wide"}]')).toContain("Design 1");
    expect(parseDesigns(" ")).toEqual([]);
  });

  it("keeps a metric only while it fits the task", () => {
    expect(metricOf("classification", { ...fresh, metric: "auc" })).toBe("auc");
    expect(metricOf("regression", { ...fresh, metric: "auc" })).toBe("r2");
  });
});
