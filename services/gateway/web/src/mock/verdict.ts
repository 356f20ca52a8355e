/** A made-up verdict in the shape, and about the words, of the scheduler's. */

import type { Baseline, Design, Metric } from "../api/types";
import type { Comparison, Contender, Effect, Interval, Relation, Verdict } from "../api/verdict";
import { amount, score, utility } from "../format/metric";

export interface MockFinalist {
  trial: number;
  design: Design;
  n_params: number;
  score_val: number;
}

const FOLDS = 5;
const BASELINES: [Baseline, string, number][] = [
  ["trees", "boosted trees", -0.012],
  ["linear", "logistic regression", -0.055],
  ["constant", "the majority class", -0.5],
];

/** `round` 0: the search alone. */
export function mockVerdict(
  metric: Metric,
  finalists: readonly MockFinalist[],
  round: number,
  isFinal: boolean,
): Verdict {
  const repeats = round * FOLDS;
  const contenders = [
    ...finalists.map((each, index) => designContender(each, index, repeats, metric, isFinal)),
    ...BASELINES.map((each) => baselineContender(each, finalists, repeats)),
  ];
  const [winner, ...others] = contenders as [Contender, ...Contender[]];
  const against = others.map((other) => compared(winner, other, repeats, metric));
  const rivals = against.filter((_, index) => others[index]?.baseline === null);
  const nearest = rivals.find((each) => each.relation === "beats");
  const isTie = rivals[0]?.relation !== "beats";
  const small = contenders[2] ?? winner;
  return {
    outcome: isTie ? "tie" : "winner",
    metric,
    is_final: isFinal,
    round,
    winner: winner.name,
    smallest: round > 0 ? small.name : null,
    contenders,
    survivors: isFinal ? [] : contenders.slice(0, 3).map((each) => each.name),
    rivals,
    baselines: against.filter((_, index) => others[index]?.baseline !== null),
    ablation: isFinal ? ablation(repeats) : [],
    importances: IMPORTANCES.map(([field, share]) => ({ field, share })),
    learning_curve: isFinal ? learningCurve(contenders.slice(0, 3)) : [],
    headline: headline(winner, rivals, nearest, isTie, round),
    sentences: round > 0 ? against.map((each) => each.sentence) : [],
    advice: isFinal
      ? "more data helps: all rows against 50 % of them make 1.4 points (95 % interval 0.6 to " +
        "2.2); a bigger network does not measurably help"
      : "",
    limits:
      round === 0
        ? ["One run each: no design was trained again, so there is no interval."]
        : ["Boosted trees: their settings are the library's own; they were not searched."],
  };
}

function headline(
  winner: Contender,
  rivals: readonly Comparison[],
  nearest: Comparison | undefined,
  isTie: boolean,
  round: number,
): string {
  if (round === 0) return `${winner.name} leads: one run each, no interval`;
  if (isTie) return `cannot tell ${winner.name} from ${rivals[0]?.second ?? "others"} yet`;
  return nearest?.sentence ?? `${winner.name} is the best`;
}

function designContender(
  { trial, design, n_params, score_val }: MockFinalist,
  index: number,
  repeats: number,
  metric: Metric,
  isTested: boolean,
): Contender {
  const mean = score_val - 0.006 - utility(index * 0.006, metric);
  const tested = isTested && (index === 0 || index === 2);
  return {
    name: design.hidden.length > 0 ? design.hidden.join("-") : "no hidden layer",
    trial,
    baseline: null,
    design,
    n_params,
    repeats,
    mean: repeats > 0 ? mean : null,
    interval: repeats > 0 ? around(mean, 0.03 / Math.sqrt(repeats)) : null,
    score_val,
    score_test: tested ? mean - 0.004 : null,
    test_interval: tested ? around(mean - 0.004, 0.017) : null,
  };
}

function baselineContender(
  [baseline, name, behind]: (typeof BASELINES)[number],
  finalists: readonly MockFinalist[],
  repeats: number,
): Contender {
  const mean = (finalists[0]?.score_val ?? 0.9) + behind;
  return {
    name,
    trial: null,
    baseline,
    design: null,
    n_params: null,
    repeats,
    mean: repeats > 0 ? mean : null,
    interval: repeats > 0 ? around(mean, 0.03 / Math.sqrt(repeats)) : null,
    score_val: mean + 0.004,
    score_test: null,
    test_interval: null,
  };
}

function compared(
  winner: Contender,
  other: Contender,
  repeats: number,
  metric: Metric,
): Comparison {
  const known = winner.mean !== null && other.mean !== null;
  const difference = known ? utility((winner.mean ?? 0) - (other.mean ?? 0), metric) : null;
  const interval = difference === null ? null : around(difference, 0.022 / Math.sqrt(repeats));
  const relation = relationOf(interval);
  const sentence =
    relation === "beats" && interval && difference !== null
      ? `${winner.name} beats ${other.name} by ${amount(difference, metric)} (95 % interval ` +
        `${number(interval.low, metric)} to ${number(interval.high, metric)}, ${repeats} repeats)`
      : `cannot tell ${winner.name} from ${other.name} yet`;
  const [first, second] = [winner.name, other.name];
  return { first, second, relation, repeats, difference, interval, sentence };
}

function number(value: number, metric: Metric): string {
  return (value < 0 ? "-" : "") + amount(value, metric).replace(/ points?$/, "");
}

function relationOf(interval: Interval | null): Relation {
  if (!interval) return "undecided";
  if (interval.low > 0) return "beats";
  return interval.high < 0 ? "loses" : "undecided";
}

function around(value: number, reach: number): Interval {
  return { low: value - reach, high: value + reach, level: 0.95 };
}

const CHANGES: [string, string, string, number][] = [
  ["norm", "batch", "none", -0.021],
  ["hidden", "[128, 128]", "[128]", -0.008],
  ["hidden", "[128, 128]", "[256, 256]", 0.001],
  ["learning_rate", "0.0042", "0.0013", -0.004],
  ["dropout", "0.1", "0.0", -0.002],
  ["schedule", "cosine", "constant", -0.006],
];

function ablation(repeats: number): Effect[] {
  return CHANGES.map(([field, before, after, difference]) => {
    const interval = around(difference, 0.005);
    return {
      field,
      before,
      after,
      repeats,
      difference,
      interval,
      relation: relationOf(interval),
      sentence: `${field} ${after} instead of ${before}: ${score(difference, "accuracy")}`,
    };
  });
}

const IMPORTANCES: [string, number][] = [
  ["learning_rate", 0.38],
  ["hidden", 0.27],
  ["norm", 0.18],
  ["batch_size", 0.09],
  ["dropout", 0.05],
  ["activation", 0.03],
];

function learningCurve(contenders: readonly Contender[]): Verdict["learning_curve"] {
  return contenders.flatMap(({ name, mean, repeats }, index) =>
    [0.25, 0.5, 1].map((share) => {
      const value = (mean ?? 0.9) - (0.012 + index * 0.004) * (1 / share - 1);
      const interval = around(value, 0.006);
      return { name, share, rows: Math.round(220 * share), repeats, mean: value, interval };
    }),
  );
}
