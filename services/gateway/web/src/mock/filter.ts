/** The server's filters and order of trials, on made-up ones. */

import type { Metric, Purpose, Trial, TrialState } from "../api/types";
import { utility } from "../format/metric";
import type { TrialFilter } from "./contract";

export function readFilter(query: URLSearchParams): TrialFilter {
  const asked = query.getAll("purpose") as (Purpose | "all")[];
  const some = asked.filter((purpose) => purpose !== "all");
  const searched: Purpose[] = asked.length === 0 ? ["search"] : some;
  return {
    where: query.getAll("where"),
    query: (query.get("query") ?? "").toLowerCase(),
    states: query.getAll("state") as TrialState[],
    purposes: some.length < asked.length ? [] : searched,
    orderBy: query.get("order_by") ?? "-score_val",
  };
}

export function filterTrials(
  trials: Iterable<Trial>,
  filter: TrialFilter,
  metric: Metric,
): Trial[] {
  const tests = filter.where.map(readCondition);
  const kept = [...trials].filter(
    (trial) =>
      (filter.states.length === 0 || filter.states.includes(trial.state)) &&
      (filter.purposes.length === 0 || filter.purposes.includes(trial.purpose)) &&
      tests.every((test) => test(trial)) &&
      answersTo(trial, filter.query),
  );
  return kept.sort(orderOf(filter.orderBy, metric));
}

function answersTo(trial: Trial, query: string): boolean {
  if (!query) return true;
  const words = Object.values(trial.design).join(" ").toLowerCase();
  return String(trial.number) === query || words.includes(query);
}

export function valueOf(trial: Trial, field: string): unknown {
  if (field === "hidden") return trial.design.hidden.join("-");
  const own = trial as unknown as Record<string, unknown>;
  return field in own ? own[field] : (trial.design as unknown as Record<string, unknown>)[field];
}

type Test = (trial: Trial) => boolean;

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

function readCondition(text: string): Test {
  const parts = /^\s*(\w+)\s*(<=|>=|!=|=|<|>)\s*(.*)$/.exec(text) ?? [];
  const [, field = "", op = "", value = ""] = parts;
  const compare = COMPARE[op];
  if (compare) {
    const bound = Number(value);
    return (trial) => {
      const own = valueOf(trial, field);
      return typeof own === "number" && compare(own, bound);
    };
  }
  const values = new Set(value.split(",").map((each) => each.trim()));
  return (trial) => values.has(String(valueOf(trial, field))) === (op === "=");
}

/** What has no value comes last; equals come by number. */
function orderOf(orderBy: string, metric: Metric): (a: Trial, b: Trial) => number {
  const descending = orderBy.startsWith("-");
  const field = orderBy.replace(/^-/, "");
  const rank = (trial: Trial): number | string | null => {
    const value = valueOf(trial, field);
    if (value === null || value === undefined) return null;
    if (typeof value !== "number") return String(value);
    return field.startsWith("score") ? utility(value, metric) : value;
  };
  return (a, b) => {
    const [first, second] = [rank(a), rank(b)];
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null) || a.number - b.number;
    }
    const order = first < second ? -1 : Number(first > second);
    return (descending ? -order : order) || a.number - b.number;
  };
}
