/** The search space of a draft as a form: for each field of a design what is typed.
 *
 * A field that isn't there is the preset's. The grammar is the server's `space`; the server has
 * the last word on it.
 */

import { FIELD_FACTS, FIELD_NAMES, MAX_CHOICES, MAX_LAYERS, MAX_WIDTH } from "./design_fields";
import type { FieldFacts, FieldName } from "./design_fields";

export type Shape = "choices" | "range" | "layers";

/** As typed, so that a half-typed number stays what it is. */
export interface FieldForm {
  shape: Shape;
  /** Separated by commas: `relu, tanh`; `64-64, 128, linear`; `0, 0.1`. */
  choices: string;
  low: string;
  high: string;
  log: boolean;
  /** How many values a grid takes; empty: the server's default. */
  points: string;
  /** Of each layer, separated by commas. */
  widths: string;
  /** Only with one of these values of another field; `n_layers` counts as one. */
  when: Readonly<Record<string, readonly string[]>>;
}

export type SpaceForm = Partial<Record<FieldName, FieldForm>>;
export type SpaceDocument = Record<string, unknown>;

export class SpaceFault extends Error {
  constructor(
    /** Empty: the whole document. */
    readonly field: string,
    text: string,
  ) {
    super(text);
  }
}

const BLANK: FieldForm = {
  shape: "choices",
  choices: "",
  low: "",
  high: "",
  log: false,
  points: "",
  widths: "",
  when: {},
};

/** :throws SpaceFault: a field that no design has, or a value that makes no sense. */
export function formOf(document: SpaceDocument): SpaceForm {
  const form: SpaceForm = {};
  for (const [name, value] of Object.entries(document)) {
    if (!isFieldName(name)) throw new SpaceFault(name, `“${name}” is not a field of a design.`);
    form[name] = fieldFormOf(name, value);
    const complaint = fieldComplaint(name, form[name]);
    if (complaint !== null) throw new SpaceFault(name, complaint);
  }
  return form;
}

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELD_FACTS, name);
}

/** :throws SpaceFault: */
export function fieldFormOf(name: FieldName, value: unknown): FieldForm {
  if (!isObject(value)) return { ...BLANK, choices: choicesText(name, value) };
  const { when, ...rest } = value;
  const form = { ...BLANK, when: whenOf(name, when) };
  if ("choices" in rest) {
    checkKeys(name, rest, ["choices"]);
    return { ...form, choices: choicesText(name, rest["choices"]) };
  }
  return name === "hidden" ? layersForm(form, rest) : rangeForm(name, form, rest);
}

function layersForm(form: FieldForm, value: SpaceDocument): FieldForm {
  checkKeys("hidden", value, ["layers", "width"]);
  const { layers, width } = value;
  if (!isObject(layers) || !Array.isArray(width)) {
    throw new SpaceFault("hidden", "Needs “layers” with “low” and “high”, and a list “width”.");
  }
  checkKeys("hidden", layers, ["low", "high"]);
  const [low, high] = [scalarText("hidden", layers["low"]), scalarText("hidden", layers["high"])];
  const widths = width.map((each) => scalarText("hidden", each)).join(", ");
  return { ...form, shape: "layers", low, high, widths };
}

function rangeForm(name: FieldName, form: FieldForm, value: SpaceDocument): FieldForm {
  if (FIELD_FACTS[name].kind !== "number") {
    throw new SpaceFault(name, "Takes a list of choices, not a range.");
  }
  checkKeys(name, value, ["low", "high", "log", "points"]);
  if (!("low" in value && "high" in value)) throw new SpaceFault(name, "Needs “low” and “high”.");
  const log = value["log"] ?? false;
  if (typeof log !== "boolean") throw new SpaceFault(name, "“log” is true or false.");
  const points = "points" in value ? scalarText(name, value["points"]) : "";
  const [low, high] = [scalarText(name, value["low"]), scalarText(name, value["high"])];
  return { ...form, shape: "range", low, high, log, points };
}

function whenOf(name: FieldName, when: unknown): FieldForm["when"] {
  if (when === undefined) return {};
  if (!isObject(when)) throw new SpaceFault(name, "“when” names other fields and their values.");
  const conditions = Object.entries(when).map(([parent, allowed]) => {
    const values = Array.isArray(allowed) ? allowed : [allowed];
    return [parent, values.map((each) => scalarText(name, each))];
  });
  return Object.fromEntries(conditions) as FieldForm["when"];
}

function checkKeys(name: FieldName, value: SpaceDocument, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new SpaceFault(name, `“${unknown}” is not known here; ${known.join(", ")} are.`);
  }
}

function choicesText(name: FieldName, value: unknown): string {
  const values = Array.isArray(value) ? value : [value];
  if (values.length > MAX_CHOICES) {
    throw new SpaceFault(name, `At most ${MAX_CHOICES.toLocaleString("en-US")} choices.`);
  }
  if (name !== "hidden") return values.map((each) => scalarText(name, each)).join(", ");
  return values.map(widthsText).join(", ");
}

function widthsText(value: unknown): string {
  if (!Array.isArray(value)) {
    throw new SpaceFault("hidden", "Needs a list of lists of widths, such as [[64, 64], [128]].");
  }
  const widths = value.map((each) => scalarText("hidden", each));
  return widths.length === 0 ? "linear" : widths.join("-");
}

function scalarText(name: FieldName, value: unknown): string {
  if (value === null || ["string", "number", "boolean"].includes(typeof value)) {
    return String(value);
  }
  throw new SpaceFault(name, "Needs single values here.");
}

/** What the server is sent; call only when no field has a complaint. */
export function documentOf(form: SpaceForm): SpaceDocument {
  const entries = FIELD_NAMES.flatMap((name) => {
    const field = form[name];
    return field ? [[name, fieldDocument(name, field)] as const] : [];
  });
  return Object.fromEntries(entries);
}

function fieldDocument(name: FieldName, form: FieldForm): unknown {
  const { kind } = FIELD_FACTS[name];
  const isConditional = Object.keys(form.when).length > 0;
  const when = isConditional ? { when: whenDocument(form.when) } : {};
  switch (form.shape) {
    case "choices": {
      const choices = splitChoices(form.choices).map((text) => choiceValue(kind, text));
      return isConditional ? { choices, ...when } : choices;
    }
    case "layers": {
      const width = splitChoices(form.widths).map(Number);
      return { layers: { low: Number(form.low), high: Number(form.high) }, width, ...when };
    }
    case "range": {
      const points = form.points.trim() === "" ? {} : { points: Number(form.points) };
      const range = { low: Number(form.low), high: Number(form.high) };
      return { ...range, ...(form.log && { log: true }), ...points, ...when };
    }
  }
}

function whenDocument(when: FieldForm["when"]): SpaceDocument {
  return Object.fromEntries(
    Object.entries(when).map(([parent, values]) => {
      const kind = parent === "n_layers" ? "number" : kindOf(parent);
      return [parent, values.map((text) => choiceValue(kind, text))];
    }),
  );
}

function kindOf(name: string): FieldFacts["kind"] {
  return isFieldName(name) ? FIELD_FACTS[name].kind : "option";
}

export function splitChoices(text: string): string[] {
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function choiceValue(kind: FieldFacts["kind"], text: string): unknown {
  switch (kind) {
    case "layers":
      return text === "linear" ? [] : widthParts(text).map(Number);
    case "number":
      return Number(text);
    case "switch":
      return text === "true";
    case "option":
      return text === "null" ? null : text;
  }
}

const widthParts = (text: string): string[] => text.split(/\s*[-x×]\s*/);

/** Why the field can't be sent; null when it can. */
export function fieldComplaint(name: FieldName, form: FieldForm): string | null {
  switch (form.shape) {
    case "choices":
      return choicesComplaint(name, splitChoices(form.choices)) ?? whenComplaint(form);
    case "layers":
      return layersComplaint(form) ?? whenComplaint(form);
    case "range":
      return rangeComplaint(FIELD_FACTS[name], form) ?? whenComplaint(form);
  }
}

function choicesComplaint(name: FieldName, choices: readonly string[]): string | null {
  const facts = FIELD_FACTS[name];
  if (choices.length === 0) return "Needs at least one choice.";
  for (const text of choices) {
    const complaint =
      facts.kind === "layers" ? widthsComplaint(text) : valueComplaint(facts, text);
    if (complaint !== null) return complaint;
  }
  return null;
}

function widthsComplaint(text: string): string | null {
  if (text === "linear") return null;
  const parts = widthParts(text);
  if (parts.length > MAX_LAYERS) return `At most ${MAX_LAYERS} layers.`;
  return parts.every(isWidth) ? null : `“${text}”: widths from 1 to ${MAX_WIDTH}, such as 64-64.`;
}

const isWidth = (text: string): boolean => isWhole(text, 1, MAX_WIDTH);

function valueComplaint(facts: FieldFacts, text: string): string | null {
  if (facts.kind === "number") return numberComplaint(facts, text);
  if (facts.options.includes(text)) return null;
  return `“${text}” is none of ${facts.options.join(", ")}.`;
}

function numberComplaint(facts: FieldFacts, text: string): string | null {
  const value = Number(text);
  const { low, high } = facts.limits;
  const isNumber = text.trim() !== "" && Number.isFinite(value);
  const isInside = facts.below ? value < high : value <= high;
  if (isNumber && (facts.above ? value > low : value >= low) && isInside) {
    if (!facts.integer || Number.isInteger(value)) return null;
  }
  const from = facts.above ? `above ${low}` : `from ${low}`;
  const to = facts.below ? `below ${high}` : `up to ${high}`;
  return `“${text}”: ${facts.integer ? "a whole number" : "a number"} ${from}, ${to}.`;
}

function rangeComplaint(facts: FieldFacts, form: FieldForm): string | null {
  const wrong = numberComplaint(facts, form.low) ?? numberComplaint(facts, form.high);
  if (wrong !== null) return wrong;
  const [low, high] = [Number(form.low), Number(form.high)];
  if (low > high) return `The low of ${low} is above the high of ${high}.`;
  if (form.log && low <= 0) return "A logarithmic range starts above 0.";
  if (form.points.trim() === "" || isWhole(form.points, 1, MAX_CHOICES)) return null;
  return `Points: a whole number from 1 to ${MAX_CHOICES}.`;
}

function layersComplaint(form: FieldForm): string | null {
  const isDepth = (text: string): boolean => isWhole(text, 0, MAX_LAYERS);
  if (!isDepth(form.low) || !isDepth(form.high)) return `Layers: from 0 to ${MAX_LAYERS}.`;
  if (Number(form.low) > Number(form.high)) return "The fewest layers are more than the most.";
  const widths = splitChoices(form.widths);
  if (widths.length === 0) return "Needs at least one width.";
  return widths.every(isWidth) ? null : `Widths: whole numbers from 1 to ${MAX_WIDTH}.`;
}

function whenComplaint(form: FieldForm): string | null {
  const empty = Object.entries(form.when).find(([, values]) => values.length === 0);
  return empty ? `Choose at least one value of “${empty[0]}”, or drop the condition.` : null;
}

function isWhole(text: string, low: number, high: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= low && Number(text) <= high;
}

function isObject(value: unknown): value is SpaceDocument {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
