import { beforeEach, describe, expect, it } from "vitest";
import type { Column, ColumnKind, Study } from "../api/types";
import { profile, sampleCsv } from "../mock/tables";
import { freshDraft, kindsOf, metricOf } from "./draft";
import type { Draft } from "./draft";
import { complaintWords, draftComplaints, refusalOf } from "./draft_checks";
import { draftFromStudy, requestOf } from "./draft_request";
import { draftKey, forgetDraft, loadDraft, saveDraft } from "./draft_store";
import { filterColumns, kindCaution, shownKind, withKind, withKinds } from "./column_kinds";
import { parseDesigns } from "./own_designs";
import { inferTask } from "./target";

const table = profile("penguins.csv", sampleCsv());
const fresh = freshDraft(table);
const key = draftKey(table.dataset_id, null);

const fieldsOf = (draft: Draft): string[] => draftComplaints(draft).map((each) => each.field);

beforeEach(() => localStorage.clear());

describe("a draft", () => {
  it("starts with the suggestion, ready to be sent", () => {
    expect(fresh.target).toBe("species");
    expect(draftComplaints(fresh)).toEqual([]);
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

  it("survives a reload until it is thrown away", () => {
    saveDraft(key, { ...fresh, designs: "12" });
    expect(loadDraft(key, table)?.designs).toBe("12");
    forgetDraft(key);
    expect(loadDraft(key, table)).toBeNull();
  });

  it("is another one for each study that it starts from", () => {
    saveDraft(key, { ...fresh, designs: "12" });
    expect(loadDraft(draftKey(table.dataset_id, "s1"), table)).toBeNull();
  });

  it("is left alone when another version of the page has written it", () => {
    localStorage.setItem(key, JSON.stringify({ version: 1, draft: { designs: 7 } }));
    expect(loadDraft(key, table)).toBeNull();
    localStorage.setItem(key, "no JSON");
    expect(loadDraft(key, table)).toBeNull();
  });

  it("makes room when there are many", () => {
    for (let each = 0; each < 30; each += 1) saveDraft(draftKey(`d${each}`, null), fresh);
    expect(localStorage.length).toBe(20);
  });

  it("names the fields that can't be sent, and their step", () => {
    expect(fieldsOf({ ...fresh, designs: "0" })).toEqual(["designs"]);
    expect(fieldsOf({ ...fresh, designs: "1.5", seed: "x" })).toEqual(["designs", "seed"]);
    expect(fieldsOf({ ...fresh, designs: "", minutes: "" })).toEqual(["designs"]);
    expect(fieldsOf({ ...fresh, minutes: "-1" })).toEqual(["minutes"]);
    const [missing] = draftComplaints({ ...fresh, target: "" });
    expect(missing).toMatchObject({ step: "columns", field: "target" });
  });

  it("may have a time budget alone", () => {
    const timed = { ...fresh, designs: "", minutes: "2.5" };
    expect(draftComplaints(timed)).toEqual([]);
    expect(requestOf("d", timed).budget).toEqual({ time_seconds: 150 });
  });

  it("leaves preparation to the search when that is chosen", () => {
    const request = requestOf("d", { ...fresh, recipe: "choose" });
    expect(request.recipe).toBeUndefined();
    expect(request.space?.["recipe"]).toEqual(["paper", "standard", "quantile"]);
  });

  it("needs a column for a split by group, and not the target", () => {
    const grouped = { ...fresh, splitMethod: "grouped" as const };
    expect(fieldsOf(grouped)).toEqual(["splitColumn"]);
    expect(fieldsOf({ ...grouped, splitColumn: fresh.target })).toEqual(["splitColumn"]);
    const ready = { ...grouped, splitColumn: "island" };
    expect(requestOf("d", ready).split).toEqual({ method: "grouped", column: "island", folds: 5 });
  });

  it("carries limits, an own rule of halving and own designs", () => {
    const own: Draft = {
      ...fresh,
      maxParams: "5000",
      maxTrialSeconds: "2.5",
      halving: "own",
      halvingFactor: "4",
      ownDesigns: '{"hidden": [64, 64]}',
    };
    const request = requestOf("d", own);
    expect(request.constraints).toEqual({ max_params: 5000, max_trial_seconds: 2.5 });
    expect(request.halving).toEqual({ factor: 4, min_epochs: 1 });
    expect(request.designs).toEqual([{ hidden: [64, 64] }]);
  });

  it("says what is wrong with own designs", () => {
    expect(fieldsOf({ ...fresh, ownDesigns: "[{" })).toEqual(["ownDesigns"]);
    expect(parseDesigns('[{"hidden": [8]}, {"dropout": 0.1}]')).toContain("Design 2");
    expect(parseDesigns('[{"hidden": "wide"}]')).toContain("Design 1");
    expect(parseDesigns(" ")).toEqual([]);
  });

  it("keeps a metric only while it fits the task", () => {
    expect(metricOf("classification", { ...fresh, metric: "auc" })).toBe("auc");
    expect(metricOf("regression", { ...fresh, metric: "auc" })).toBe("r2");
  });
});

describe("a refusal of the server", () => {
  const said = { detail: "Too few.", hint: "More." };
  const problem = { type: "", title: "", status: 422, code: "x", ...said };

  it("stands at its field", () => {
    const at = (field: string) => refusalOf({ ...problem, field });
    expect(at("space.hidden")).toMatchObject({ step: "search", field: "space.hidden" });
    expect(at("budget.max_trials")?.field).toBe("designs");
    expect(at("split.column")?.field).toBe("splitColumn");
    expect(at("designs.2.hidden")?.field).toBe("ownDesigns");
    expect(at("target")).toMatchObject({ step: "columns", text: "Too few. More." });
    expect(at("elsewhere")).toBeNull();
  });

  it("names its field where it stands in a list", () => {
    const refusal = refusalOf({ ...problem, field: "space.learning_rate" });
    expect(refusal && complaintWords(refusal)).toBe("Learning rate: Too few. More.");
  });
});

describe("columns", () => {
  it("move the target with its kind", () => {
    const [species, island] = table.columns;
    if (!species || !island) throw new Error("the sample has columns");
    const moved = { ...fresh, ...withKind(fresh, island, "target") };
    expect(shownKind(species, moved)).toBe("category");
    expect(shownKind(island, moved)).toBe("target");
    const none = { ...moved, ...withKind(moved, island, "ignore") };
    expect(none.target).toBe("");
    expect(shownKind(island, none)).toBe("ignore");
  });

  it("change together, the target not, and back to what was inferred", () => {
    const all = { ...fresh, ...withKinds(fresh, table.columns, "ignore") };
    expect(Object.keys(all.kinds)).toHaveLength(table.columns.length - 1);
    expect(kindsOf({ ...all, target: "year" })).not.toHaveProperty("year");
    expect(withKinds(all, table.columns, null).kinds).toEqual({});
  });

  it("keep their kinds whatever they are called", () => {
    const [species] = table.columns;
    if (!species) throw new Error("the sample has columns");
    for (const name of ["__proto__", "constructor", "toString"]) {
      const column = { ...species, name };
      expect(shownKind(column, fresh)).toBe(species.kind);
      const changed = { ...fresh, ...withKind(fresh, column, "ignore") };
      expect(shownKind(column, changed)).toBe("ignore");
      expect(JSON.stringify(kindsOf(changed))).toBe(`{"${name}":"ignore"}`);
      expect(kindsOf({ ...changed, ...withKind(changed, column, species.kind) })).toEqual({});
    }
  });

  it("warn of values that a chosen kind has no place for", () => {
    const [species] = table.columns;
    const length = table.columns.find((each) => each.name === "bill_length_mm");
    if (!species || !length) throw new Error("the sample has columns");
    const as = (column: Column, kind: ColumnKind) =>
      kindCaution(column, { ...fresh, target: "sex", kinds: { [column.name]: kind } });
    expect(as(species, "number")).toContain("counts as missing");
    expect(as(length, "date")).toContain("counts as missing");
    expect(as(length, "number")).toBeNull();
    expect(as(length, "category")).toBeNull();
  });

  it("are inferred to be a quantity as the server infers it", () => {
    const taskOfKind = (kind: ColumnKind) => {
      const columns = table.columns.map((each) =>
        each.name === "bill_length_mm" ? { ...each, kind } : each,
      );
      return inferTask({ ...table, columns }, "bill_length_mm");
    };
    expect(taskOfKind("number")).toBe("regression");
    expect(taskOfKind("id")).toBe("classification");
    expect(taskOfKind("date")).toBe("classification");
  });

  it("are found by a part of their name and by their kind", () => {
    const names = (name: string, kind: "" | "target" | "changed") =>
      filterColumns(table, fresh, { name, kind }).map((each) => each.name);
    expect(names("BILL", "")).toEqual(["bill_length_mm", "bill_depth_mm"]);
    expect(names("", "target")).toEqual(["species"]);
    expect(names("", "changed")).toEqual([]);
  });
});

describe("a clone", () => {
  const preset = { dropout: [0, 0.1], norm: ["none"], learning_rate: { low: 0.001, high: 0.02 } };
  const study = {
    name: "First",
    target: "sex",
    task: "classification",
    metric: "f1",
    preset: "quick",
    search: "tpe",
    recipe: "standard",
    engine: "fused",
    seed: 4,
    verdict: "off",
    column_kinds: { year: "category" },
    split: { method: "grouped", column: "island", folds: 4 },
    constraints: { max_params: 900, max_trial_seconds: null },
    budget: { max_trials: 10, max_epochs: 50, time_seconds: 90 },
    halving: { factor: 3, min_epochs: 2 },
    designs: [],
    space: { ...preset, norm: ["batch"], recipe: [null] },
  } as unknown as Study;

  it("asks for all that the study was asked for", () => {
    const draft = draftFromStudy(table, study, preset);
    expect(draftComplaints(draft)).toEqual([]);
    expect(requestOf("d", draft)).toEqual({
      dataset_id: "d",
      target: "sex",
      task: "classification",
      metric: "f1",
      preset: "quick",
      search: "tpe",
      recipe: "standard",
      engine: "fused",
      seed: 4,
      verdict: "off",
      column_kinds: { year: "category" },
      split: { method: "grouped", column: "island", folds: 4 },
      constraints: { max_params: 900 },
      budget: { max_trials: 10, max_epochs: 50, time_seconds: 90 },
      halving: { factor: 3, min_epochs: 2 },
      name: "First (copy)",
      space: { norm: ["batch"] },
    });
  });
});
