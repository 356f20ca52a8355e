/** What a gateway answers about the trials of a study. */

import type { EvaluationRun, Trial, TrialReceipt, Verification } from "../api/types";
import { found, json, missing, pageOf, problem } from "./answers";
import type { Columns, TrialColumns } from "./contract";
import { evaluate } from "./evaluation";
import { filterTrials, readFilter } from "./filter";
import type { MockStudy } from "./studies";
import { datasets } from "./world";

/** Trials that were asked to be evaluated, and since when; finalists are without being asked. */
const evaluated = new Map<string, number>();
const EVALUATION_MS = 1_500;

export function listTrials(study: MockStudy, query: URLSearchParams): Response {
  const trials = asked(study, query);
  const { page, next } = pageOf(trials, query);
  return json({ trials: page, next_page_token: next, total_size: trials.length });
}

function asked(study: MockStudy, query: URLSearchParams): Trial[] {
  const { trials, study: its } = study.view();
  return filterTrials(trials.values(), readFilter(query), its.metric);
}

/** Every field of a trial and of its design, by itself. */
export function columnsOf(study: MockStudy, query: URLSearchParams): Response {
  const { trials, seq, study: its } = study.view();
  const filter = { ...readFilter(query), orderBy: "number" };
  const rows = filterTrials(trials.values(), filter, its.metric);
  const columns: Columns = {};
  for (const { design, ...rest } of rows) {
    for (const [field, value] of Object.entries({ ...rest, ...design })) {
      (columns[field] ??= []).push(value);
    }
  }
  const answer: TrialColumns = { seq, count: rows.length, columns };
  return json(answer);
}

export function exportTrials(study: MockStudy, query: URLSearchParams): Response {
  const trials = asked(study, query);
  if (query.get("format") === "json") return json(trials);
  const lines = trials.map(({ number, state, score_val, fit_time_seconds, n_params, design }) =>
    [number, state, score_val, fit_time_seconds, n_params, design.hidden.join("-")].join(","),
  );
  const header = "number,state,score_val,fit_time_seconds,n_params,hidden";
  const headers = { "Content-Type": "text/csv", "Content-Disposition": "attachment" };
  return new Response([header, ...lines, ""].join("\n"), { headers });
}

export function answerOfTrial(
  study: MockStudy,
  rest: readonly string[],
  query: URLSearchParams,
): Response {
  const [place = "", what] = rest;
  const [number, verb] = place.split(":");
  const trial = study.trial(Number(number));
  if (!trial) return missing("trial");
  if (verb === "verify" || what === "verifications") return json(verificationOf(trial));
  if (verb === "evaluate" || what === "evaluations") return evaluateNow(study, trial);
  if (what === "receipt") return json(receiptOf(trial));
  if (what === "evaluation") return evaluationOf(study, trial, query);
  return found(what === undefined ? trial : undefined);
}

function evaluateNow(study: MockStudy, trial: Trial): Response {
  if (trial.state !== "SUCCEEDED") {
    const detail = `Trial ${trial.number} is ${trial.state}: it has not succeeded.`;
    return problem(409, "not_evaluable", detail);
  }
  const key = `${study.id}/${trial.number}`;
  const since = evaluated.get(key) ?? Date.now();
  evaluated.set(key, since);
  const isDone = Date.now() - since >= EVALUATION_MS;
  const run: EvaluationRun = {
    evaluation_id: `mock-${trial.number}`,
    state: isDone ? "SUCCEEDED" : "RUNNING",
    detail: "",
  };
  return json(run);
}

function evaluationOf(study: MockStudy, trial: Trial, query: URLSearchParams): Response {
  const { study: its } = study.view();
  const isFinalist = trial.score_test !== null;
  const rows = query.get("rows") ?? (isFinalist ? "test" : "validation");
  const isKnown = rows === "test" ? isFinalist : evaluated.has(`${study.id}/${trial.number}`);
  if (!isKnown) return problem(404, "no_evaluation", "The trial has not been evaluated.");
  const table = datasets.get(its.dataset_id);
  const target = table?.columns.find((column) => column.name === its.target);
  const classes = (target?.top ?? []).map((each) => each.value);
  return json(evaluate(its, trial, rows === "test" ? "test" : "validation", classes));
}

function verificationOf(trial: Trial): Verification {
  const { score_val, val_loss, best_epoch, epochs } = trial;
  const result = { score_val, val_loss, best_epoch, epochs };
  return {
    verification_id: `mock-${trial.number}`,
    state: "MATCHES",
    expected: result,
    got: result,
    differences: [],
    same_machine: true,
    detail: "",
  };
}

function receiptOf(trial: Trial): TrialReceipt {
  const { design, engine, seed, repeat, share, epochs } = trial;
  return {
    dataset_id: "9f2c".repeat(16),
    split_sha256: "51ab".repeat(16),
    recipe_sha256: "c07d".repeat(16),
    versions: { layerlab: "0.1.0", numpy: "2.3.5" },
    machine: { processor: "x86-64", kernels: "avx2", threads: "2" },
    recipe: design.recipe ?? "paper",
    ...{ design, engine, seed, repeat, share, epochs },
    baseline: trial.baseline,
    best_epoch: trial.best_epoch,
    score_val: trial.score_val,
    val_loss: trial.val_loss,
  };
}
