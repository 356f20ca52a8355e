/** What a design's fields, baselines, searches and purposes are called. */

import type { Baseline, Purpose, RecipeName, Search, SplitMethod } from "../api/types";

const FIELD_WORDS: Record<string, string> = {
  hidden: "hidden layers",
  norm: "normalization",
  residual: "residual connections",
  learning_rate: "learning rate",
  weight_decay: "weight decay",
  batch_size: "batch size",
  schedule: "schedule of the rate",
  warmup_epochs: "warm-up epochs",
  class_weight: "class weights",
  recipe: "preparation",
  missing_indicators: "missing indicators",
  group_rare: "rare categories grouped",
  score_val: "validation score",
  score_test: "test score",
  val_loss: "validation loss",
  n_layers: "number of layers",
  n_params: "parameters",
  fit_time_seconds: "training seconds",
  worker_id: "worker",
};

/** `learning rate`; of several fields at once, `weight decay, optimizer`. */
export function fieldWords(field: string): string {
  const names = field.split(", ").map((each) => FIELD_WORDS[each] ?? each.replaceAll("_", " "));
  return names.join(", ");
}

export const BASELINE_WORDS: Record<Baseline, string> = {
  constant: "always the same answer",
  linear: "a linear model",
  trees: "gradient-boosted trees",
};

export const PURPOSE_WORDS: Record<Purpose, string> = {
  search: "Search",
  baseline: "Baselines",
  confirm: "Finals",
  ablation: "Ablation",
  rows: "Fewer rows",
  test: "Test",
};

export const SEARCH_WORDS: Record<Search, [string, string]> = {
  random: ["Random", "Draws every design anew. Hard to beat with many designs."],
  quasi_random: ["Quasi-random", "Spreads designs evenly over the space (Sobol)."],
  grid: ["Grid", "Tries every combination. For small spaces."],
  tpe: ["TPE", "Learns which choices are good, and tries more like them."],
  gp: ["Gaussian process", "Models the score; for few, expensive designs."],
  cmaes: ["CMA-ES", "Moves a cloud of designs uphill; for numbers rather than choices."],
  nsga2: ["NSGA-II", "Evolves designs towards score, time and size at once."],
};

export const SPLIT_WORDS: Record<SplitMethod, [string, string]> = {
  stratified: ["At random", "Every part has its share of each class"],
  grouped: ["By group", "Rows of one group stay together: one patient, one shop"],
  time: ["By time", "The last rows test, those before them validate"],
};

export const RECIPE_WORDS: Record<RecipeName, [string, string]> = {
  paper: ["Min-max", "Missing becomes 0, then 0 to 1. The paper's way."],
  standard: ["Standardised", "Missing becomes the mean, then mean 0 and deviation 1."],
  quantile: ["Quantile", "Ranks, as a normal distribution. For long tails."],
};

/** Makes a sentence of what the server says in lower case. A design's name and a number with its
 *  unit stay on one line. */
export function sentence(text: string): string {
  const first = unbroken(text.charAt(0).toUpperCase() + text.slice(1));
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** `64-32`, `3 × 16` and `95 %` without a place where a line breaks, and with a real minus. */
export function unbroken(text: string): string {
  return text
    .replaceAll(/(?<=\d)-(?=\d)/g, "\u2011")
    .replaceAll(/(?<=[\s(])-(?=\d)/g, "−")
    .replaceAll(/(?<=\d) (?=×)|(?<=×) (?=\d)/g, "\u00a0")
    .replaceAll(/(?<=\d) (?=%)/g, "\u202f");
}
