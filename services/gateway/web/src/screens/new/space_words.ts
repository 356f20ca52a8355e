/** A preset's search space in a few words. */

import { counted } from "../../format/numbers";

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
