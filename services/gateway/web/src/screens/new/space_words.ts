/** A search space in words. */

import { counted } from "../../format/numbers";
import { FIELD_FACTS, optionWords, parentLabel } from "../../state/design_fields";
import type { FieldName } from "../../state/design_fields";
import { splitChoices } from "../../state/draft_space";
import type { FieldForm } from "../../state/draft_space";

/** `1–4 layers of 16–256 units, 4 activations`. Fields of unknown shape are left out. */
export function spaceWords(space: Record<string, unknown>): string {
  const parts = [hiddenWords(space["hidden"]), choiceWords(space["activation"], "activation")];
  parts.push(choiceWords(space["optimizer"], "optimizer"));
  return parts.filter((part) => part !== "").join(", ");
}

function hiddenWords(hidden: unknown): string {
  if (typeof hidden !== "object" || hidden === null || !("layers" in hidden)) return "";
  const { layers, width } = hidden as { layers: { low: number; high: number }; width: number[] };
  const low = Math.min(...width);
  const high = Math.max(...width);
  return `${layers.low}–${layers.high} layers of ${low}–${high} units`;
}

function choiceWords(choices: unknown, one: string): string {
  return Array.isArray(choices) ? counted(choices.length, one) : "";
}

/** `0.0005 to 0.02, logarithmic`; `relu, tanh`; `yes or no, where number of layers is 2 to 16`. */
export function fieldFormWords(name: FieldName, form: FieldForm): string {
  const conditions = Object.entries(form.when).map(
    ([parent, values]) => `${parentLabel(parent).toLowerCase()} is ${valuesWords(parent, values)}`,
  );
  const words = domainWords(name, form);
  return conditions.length > 0 ? `${words}, where ${conditions.join(" and ")}` : words;
}

function domainWords(name: FieldName, form: FieldForm): string {
  switch (form.shape) {
    case "layers":
      return `${layersWords(form)}, each ${valuesWords(name, splitChoices(form.widths))} wide`;
    case "range":
      return `${form.low} to ${form.high}${form.log ? ", logarithmic" : ""}`;
    case "choices":
      return valuesWords(name, splitChoices(form.choices));
  }
}

function layersWords({ low, high }: FieldForm): string {
  return low === high ? counted(Number(low), "layer") : `${low} to ${high} layers`;
}

const MOST_VALUES = 8;

function valuesWords(name: string, values: readonly string[]): string {
  if (values.length === 0) return "nothing";
  if (isRun(values)) return `${values[0]} to ${values.at(-1)}`;
  const words = values.slice(0, MOST_VALUES).map((each) => optionWords(name, each));
  const more = values.length - words.length;
  if (more > 0) return `${words.join(", ")} and ${more} more`;
  const last = words.pop() ?? "";
  return words.length === 0 ? last : `${words.join(", ")} or ${last}`;
}

/** Whole numbers without a gap. */
function isRun(values: readonly string[]): boolean {
  const isNext = (text: string, index: number): boolean =>
    /^\d+$/.test(text) && Number(text) === Number(values[0]) + index;
  return values.length > 2 && values.every(isNext);
}

/** What differs from the preset, a line for each field. */
export function ownSpaceWords(space: Partial<Record<FieldName, FieldForm>>): [string, string][] {
  return (Object.entries(space) as [FieldName, FieldForm][]).map(([name, form]) => [
    FIELD_FACTS[name].label,
    fieldFormWords(name, form),
  ]);
}
