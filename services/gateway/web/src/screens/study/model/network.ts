/** A design as the layers that the table's rows go through. */

import { counted } from "../../../format/numbers";
import type { Design, Study } from "../../../api/types";

export interface Layer {
  /** Below the layer's bar. */
  name: string;
  /** Units; null where only the fitted recipe knows. */
  width: number | null;
  /** What happens in it besides the weights. */
  parts: string[];
}

export function layersOf(design: Design, task: Study["task"]): Layer[] {
  const hidden = design.hidden.map((width, index) => ({
    name: `Hidden ${index + 1}`,
    width,
    parts: partsOf(design),
  }));
  return [
    { name: "Input", width: null, parts: ["the prepared columns"] },
    ...hidden,
    {
      name: "Output",
      width: task === "regression" ? 1 : null,
      parts: [task === "regression" ? "one number" : "a score for each class"],
    },
  ];
}

function partsOf({ norm, activation, dropout }: Design): string[] {
  const parts = norm === "none" ? [activation] : [`${norm} norm`, activation];
  return dropout > 0 ? [...parts, `dropout ${Number(dropout.toPrecision(2))}`] : parts;
}

/** The diagram in a sentence. */
export function networkWords(design: Design, task: Study["task"]): string {
  const output = task === "regression" ? "one number" : "a score for each class";
  if (design.hidden.length === 0) return `A linear model from the prepared columns to ${output}.`;
  const sizes = design.hidden.map((width) => counted(width, "unit")).join(", then ");
  const around = design.residual ? ", with residual connections" : "";
  const parts = partsOf(design).join(", ");
  return (
    `${counted(design.hidden.length, "hidden layer")}: ${sizes}; each with ${parts}${around}. ` +
    `From the prepared columns to ${output}.`
  );
}
