/** How a design's rows are prepared, a sentence a step. */

import type { Design, RecipeName, Study } from "../../../api/types";

const NUMBERS: Record<RecipeName, string> = {
  paper: "Missing numbers become 0; then each column is scaled to 0 … 1.",
  standard:
    "Missing numbers become the column's mean; then each column has mean 0 and deviation 1.",
  quantile:
    "Missing numbers become the column's median; then ranks, spread as a normal distribution.",
};

export function recipeWords(design: Design, study: Study): string[] {
  const steps = [
    NUMBERS[design.recipe ?? study.recipe],
    "Each category becomes an input of its own: 1 where a row has it, else 0.",
  ];
  if (design.group_rare) steps.push("Rare categories share one input.");
  if (design.missing_indicators) {
    steps.push("Columns with gaps get an input more, which says where they were.");
  }
  if (design.class_weight !== "none") steps.push("Rare classes count more in training.");
  steps.push("All of it is learned from training rows only, so no test row leaks in.");
  return steps;
}
