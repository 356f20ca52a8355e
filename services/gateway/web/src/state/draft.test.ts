import { describe, expect, it } from "vitest";
import { profile, sampleCsv } from "../mock/tables";
import { draftComplaint, forgetDraft, freshDraft, loadDraft, requestOf, saveDraft } from "./draft";

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
});
