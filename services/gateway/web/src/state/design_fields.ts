/** What the fields of a design may be, as in the kernel's `design.py` and `space.py`. */

export const MAX_LAYERS = 16;
export const MAX_WIDTH = 4096;
export const MAX_CHOICES = 1000;

export interface FieldFacts {
  label: string;
  kind: "layers" | "option" | "switch" | "number";
  /** Of options and switches. */
  options: readonly string[];
  limits: { low: number; high: number };
  /** The low limit itself is out. */
  above: boolean;
  /** The high limit itself is out. */
  below: boolean;
  integer: boolean;
}

const NO_LIMITS = { limits: { low: 0, high: 0 }, above: false, below: false, integer: false };

function option(label: string, ...options: string[]): FieldFacts {
  return { label, kind: "option", options, ...NO_LIMITS };
}

function toggle(label: string): FieldFacts {
  return { label, kind: "switch", options: ["false", "true"], ...NO_LIMITS };
}

type Limits = Partial<Pick<FieldFacts, "above" | "below" | "integer">>;

function number(label: string, low: number, high: number, limits: Limits = {}): FieldFacts {
  return { label, kind: "number", options: [], ...NO_LIMITS, limits: { low, high }, ...limits };
}

const FACTS = {
  hidden: { label: "Hidden layers", kind: "layers", options: [], ...NO_LIMITS },
  activation: option("Activation", "relu", "tanh", "gelu", "silu", "elu", "sigmoid"),
  norm: option("Normalization", "none", "batch", "layer"),
  dropout: number("Dropout", 0, 1, { below: true }),
  residual: toggle("Residual connections"),
  optimizer: option("Optimizer", "sgd", "adam", "adamw", "rmsprop"),
  learning_rate: number("Learning rate", 0, 10, { above: true }),
  weight_decay: number("Weight decay", 0, 10),
  batch_size: number("Batch size", 1, 65_536, { integer: true }),
  momentum: number("Momentum", 0, 1, { below: true }),
  schedule: option("Schedule of the rate", "constant", "cosine", "linear", "exponential"),
  warmup_epochs: number("Warm-up epochs", 0, 10_000),
  class_weight: option("Class weights", "none", "balanced"),
  recipe: option("Preparation", "paper", "standard", "quantile", "null"),
  missing_indicators: toggle("Missing indicators"),
  group_rare: toggle("Rare categories grouped"),
} satisfies Record<string, FieldFacts>;

export type FieldName = keyof typeof FACTS;

export const FIELD_FACTS: Readonly<Record<FieldName, FieldFacts>> = FACTS;
export const FIELD_NAMES = Object.keys(FACTS) as readonly FieldName[];

/** What a condition may look at, in the order in which a search draws. */
const CONDITION_PARENTS: readonly (readonly [parent: string, drawnWith: FieldName])[] = [
  ["n_layers", "hidden"],
  ["activation", "activation"],
  ["norm", "norm"],
  ["residual", "residual"],
  ["optimizer", "optimizer"],
  ["schedule", "schedule"],
];

const DRAW_ORDER: readonly FieldName[] = [
  "hidden",
  "activation",
  "norm",
  "residual",
  "optimizer",
  "dropout",
  "learning_rate",
  "weight_decay",
  "batch_size",
  "momentum",
  "schedule",
  "warmup_epochs",
  "class_weight",
  "recipe",
  "missing_indicators",
  "group_rare",
];

/** The fields that a condition of `name` can look at: those that are drawn before it. */
export function conditionParents(name: FieldName): string[] {
  const place = DRAW_ORDER.indexOf(name);
  return CONDITION_PARENTS.filter(([, drawn]) => DRAW_ORDER.indexOf(drawn) < place).map(
    ([parent]) => parent,
  );
}

const DEPTHS = Array.from({ length: MAX_LAYERS + 1 }, (_, depth) => String(depth));

/** The values that a condition can name. */
export function parentValues(parent: string): readonly string[] {
  return parent === "n_layers" ? DEPTHS : FIELD_FACTS[parent as FieldName].options;
}

export function parentLabel(parent: string): string {
  return parent === "n_layers" ? "Number of layers" : FIELD_FACTS[parent as FieldName].label;
}

/** An option as people say it. */
export function optionWords(name: string, value: string): string {
  if (value === "null") return "as chosen for the study";
  if (value === "true") return "yes";
  if (value === "false") return "no";
  if (name === "recipe") return RECIPES[value] ?? value;
  return value;
}

const RECIPES: Record<string, string> = {
  paper: "min-max",
  standard: "standardized",
  quantile: "quantile",
};
