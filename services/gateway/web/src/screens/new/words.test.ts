import { describe, expect, it } from "vitest";
import type { StudyRequest } from "../../api/types";
import { profile, sampleCsv } from "../../mock/tables";
import { freshDraft } from "../../state/draft";
import { fieldFormOf, formOf } from "../../state/draft_space";
import { budgetWords, reviewOf } from "./review_words";
import { python, shell, snippetsOf } from "./snippets";
import { fieldFormWords } from "./space_words";

describe("a field of the space in words", () => {
  it("tells its choices, its range and when it applies", () => {
    const words = (name: "hidden" | "dropout" | "residual", value: unknown): string =>
      fieldFormWords(name, fieldFormOf(name, value));
    expect(words("hidden", { layers: { low: 1, high: 4 }, width: [16, 32] })).toBe(
      "1 to 4 layers, each 16 or 32 wide",
    );
    expect(words("hidden", [[64, 64], []])).toBe("64-64 or linear");
    expect(words("dropout", { low: 0.1, high: 0.5, log: true })).toBe("0.1 to 0.5, logarithmic");
    expect(words("residual", { choices: [false, true], when: { n_layers: [2, 3, 4] } })).toBe(
      "no or yes, where number of layers is 2 to 4",
    );
  });
});

describe("a review", () => {
  const table = profile("penguins.csv", sampleCsv());
  const draft = freshDraft(table);

  it("says everything that is chosen", () => {
    const chosen = {
      ...draft,
      minutes: "10",
      kinds: { year: "category" as const },
      space: formOf({ dropout: [0, 0.1] }),
    };
    const lines = Object.fromEntries(reviewOf(table, chosen).flatMap((each) => each.lines));
    expect(lines).toMatchObject({
      Predicts: "species",
      "Kinds changed": "year: category",
      Designs: "up to 64 designs, 10\u202fmin",
      Dropout: "0 or 0.1",
      Metric: "accuracy",
    });
  });

  it("has a budget of time alone", () => {
    expect(budgetWords({ ...draft, designs: "", minutes: "3" })).toBe("what fits into 3\u202fmin");
  });
});

describe("the same study elsewhere", () => {
  const request: StudyRequest = {
    dataset_id: "ab12",
    target: "it's the target",
    space: { dropout: [0, 0.1], residual: [true] },
    split: { method: "grouped", column: "a b", folds: 4 },
    halving: { factor: 3, min_epochs: 2 },
    budget: { max_trials: 8, time_seconds: 90 },
    column_kinds: { "zip code": "category" },
  };
  const [cli, curl, py] = snippetsOf(request, "http://127.0.0.1:8080");

  it("is a command with everything quoted", () => {
    expect(cli?.text.replaceAll(" \\\n  ", " ")).toBe(
      "layerlab study create ab12 --target 'it'\\''s the target' " +
        `--space '{"dropout":[0,0.1],"residual":[true]}' --split 'grouped:a b' --folds 4 ` +
        "--max-trials 8 --time-budget 90s --kind 'zip code=category' --halving 3:2",
    );
  });

  it("is a request with the same body", () => {
    const body = /--data '([^]*)'$/.exec(curl?.text ?? "")?.[1] ?? "";
    expect(JSON.parse(body.replaceAll("'\\''", "'"))).toEqual(request);
  });

  it("is a program", () => {
    expect(py?.text).toContain("with Client() as client:");
    expect(py?.text).toContain('space={"dropout": [0, 0.1], "residual": [True]},');
    expect(py?.text).toContain("time_budget=90,");
  });

  it("keeps what a shell and Python would read otherwise", () => {
    expect(shell("$(rm -r x)")).toBe("'$(rm -r x)'");
    expect(python({ a: null, b: ["\n"] })).toBe('{"a": None, "b": ["\\n"]}');
  });
});
