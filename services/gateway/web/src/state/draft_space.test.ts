import { describe, expect, it } from "vitest";
import { FIELD_FACTS } from "./design_fields";
import { documentOf, fieldComplaint, formOf, SpaceFault } from "./draft_space";
import type { FieldForm } from "./draft_space";
import { readSpaceText, writeSpaceText } from "./draft_space_yaml";

const EVERYTHING = {
  hidden: { layers: { low: 0, high: 4 }, width: [16, 32] },
  activation: ["relu", "gelu"],
  dropout: { low: 0, high: 0.5 },
  residual: { choices: [false, true], when: { n_layers: [2, 3] } },
  learning_rate: { low: 0.0001, high: 0.05, log: true, points: 7 },
  weight_decay: { low: 1e-7, high: 0.1, log: true, when: { optimizer: ["adamw"] } },
  batch_size: [32, 64],
  warmup_epochs: { choices: [0, 3], when: { residual: [true], schedule: ["cosine"] } },
  recipe: [null, "paper"],
};

describe("a space", () => {
  it("comes back from the form as it went in", () => {
    expect(documentOf(formOf(EVERYTHING))).toEqual(EVERYTHING);
  });

  it("has lists of widths, a linear model among them", () => {
    const document = { hidden: [[64, 64], [128], []] };
    const form = formOf(document);
    expect(form.hidden?.choices).toBe("64-64, 128, linear");
    expect(documentOf(form)).toEqual(document);
  });

  it("takes a single value for a list of one", () => {
    expect(documentOf(formOf({ activation: "relu", dropout: 0.1 }))).toEqual({
      activation: ["relu"],
      dropout: [0.1],
    });
  });

  it("refuses what the server would, naming the field", () => {
    const faultOf = (document: Record<string, unknown>): string => {
      try {
        formOf(document);
      } catch (problem) {
        if (problem instanceof SpaceFault) return problem.field;
      }
      return "none";
    };
    expect(faultOf({ dropuot: [0.1] })).toBe("dropuot");
    expect(faultOf({ dropout: [1] })).toBe("dropout");
    expect(faultOf({ learning_rate: { low: 0.1, high: 0.01 } })).toBe("learning_rate");
    expect(faultOf({ learning_rate: { low: 0.1 } })).toBe("learning_rate");
    expect(faultOf({ weight_decay: { low: 0, high: 1, log: true } })).toBe("weight_decay");
    expect(faultOf({ activation: { low: 1, high: 2 } })).toBe("activation");
    expect(faultOf({ activation: ["swish"] })).toBe("activation");
    expect(faultOf({ hidden: [64, 64] })).toBe("hidden");
    expect(faultOf({ hidden: { layers: { low: 3, high: 1 }, width: [8] } })).toBe("hidden");
    expect(faultOf({ hidden: { layers: { low: 1, high: 2 }, width: [5000] } })).toBe("hidden");
    expect(faultOf({ batch_size: [1.5] })).toBe("batch_size");
    expect(faultOf({ norm: { choices: ["none"], unless: {} } })).toBe("norm");
    expect(faultOf({ dropout: [] })).toBe("dropout");
  });

  it("says what is missing in a half-typed field", () => {
    const range: FieldForm = {
      shape: "range",
      choices: "",
      low: "0.1",
      high: "",
      log: false,
      points: "",
      widths: "",
      when: {},
    };
    expect(fieldComplaint("dropout", range)).toContain("a number from 0, below 1");
    expect(fieldComplaint("dropout", { ...range, high: "0.3" })).toBeNull();
    const asked = { ...range, high: "0.3", when: { norm: [] } };
    expect(fieldComplaint("dropout", asked)).toContain("norm");
    expect(FIELD_FACTS.dropout.limits.high).toBe(1);
  });
});

describe("a space as YAML", () => {
  it("comes back as it went in", async () => {
    const text = await writeSpaceText(EVERYTHING, {});
    const reading = await readSpaceText(text);
    expect(reading.fault).toBeNull();
    expect(reading.form && documentOf(reading.form)).toEqual(EVERYTHING);
    expect(text).toContain("learning_rate: {low: 0.0001, high: 0.05, log: true, points: 7}");
  });

  it("holds the preset's fields as comments, to be uncommented", async () => {
    const text = await writeSpaceText({ dropout: [0] }, { dropout: [0, 0.1], norm: ["none"] });
    expect(text).toContain("\n# norm: [none]");
    expect(text).not.toContain("0.1");
    const uncommented = await readSpaceText(text.replace("# norm", "norm"));
    expect(uncommented.form && documentOf(uncommented.form)).toEqual({
      dropout: [0],
      norm: ["none"],
    });
  });

  it("reads JSON, and a file that has it under `space`", async () => {
    const json = await readSpaceText('{"space": {"hidden": [[8]]}}');
    expect(json.form && documentOf(json.form)).toEqual({ hidden: [[8]] });
    expect((await readSpaceText("# nothing but a comment")).form).toEqual({});
  });

  it("says the line of what is wrong", async () => {
    const faultOf = async (text: string) => (await readSpaceText(text)).fault;
    const misspelled = await faultOf("dropout: [0]\n\nnorm: [bach]\n");
    expect(misspelled).toMatchObject({ line: 3, field: "norm" });
    expect(await faultOf("dropout: [0\nnorm: [none]")).not.toBeNull();
    expect(await faultOf("norm: [none]\nnorm: [batch]")).toMatchObject({ line: 2 });
    expect(await faultOf("- relu")).toMatchObject({ line: 1 });
    expect(await faultOf("hidden:\n  layers: {low: 1, hihg: 2}\n  width: [8]")).toMatchObject({
      line: 1,
      field: "hidden",
    });
  });
});
