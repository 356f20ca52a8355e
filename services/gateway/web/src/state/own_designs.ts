/** Designs that users write themselves, as JSON. The server has the last word on their fields. */

export type OwnDesign = Record<string, unknown>;

const MOST = 1000;

/** A list of designs, or what is wrong with the text; one design alone is a list of one. */
export function parseDesigns(text: string): OwnDesign[] | string {
  if (text.trim() === "") return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'Not JSON yet. Such as [{"hidden": [64, 64], "dropout": 0.1}].';
  }
  const designs = Array.isArray(parsed) ? parsed : [parsed];
  if (designs.length > MOST) return `At most ${MOST.toLocaleString("en-US")} designs.`;
  for (const [index, design] of designs.entries()) {
    if (!isDesign(design)) return `Design ${index + 1} needs "hidden": a list of widths.`;
  }
  return designs as OwnDesign[];
}

function isDesign(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("hidden" in value)) return false;
  return Array.isArray(value.hidden) && value.hidden.every(Number.isInteger);
}
