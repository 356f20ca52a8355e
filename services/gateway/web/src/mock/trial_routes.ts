/** What a gateway answers about the trials of a study. */

import type { Trial, TrialReceipt, Verification } from "../api/types";
import { found, json, missing, pageOf, problem } from "./answers";
import type { Columns, TrialColumns } from "./contract";
import { evaluate } from "./evaluation";
import { filterTrials, readFilter } from "./filter";
import type { MockStudy } from "./studies";
import { datasets } from "./world";

/** Trials that were asked to be evaluated; winners are without being asked. */
const evaluated = new Set<string>();

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

export function answerOfTrial(study: MockStudy, rest: readonly string[]): Response {
  const [place = "", what] = rest;
  const [number, verb] = place.split(":");
  const trial = study.trial(Number(number));
  if (!trial) return missing("trial");
  if (verb === "verify" || what === "verifications") return json(verificationOf(trial));
  if (verb === "evaluate" || what === "evaluations") return evaluateNow(study, trial);
  if (what === "receipt") return json(receiptOf(trial));
  if (what === "evaluation") return evaluationOf(study, trial);
  return found(what === undefined ? trial : undefined);
}

function evaluateNow(study: MockStudy, trial: Trial): Response {
  if (trial.state !== "SUCCEEDED") {
    return problem(409, "trial_has_no_result", "Only a trial that succeeded can be evaluated.");
  }
  evaluated.add(`${study.id}/${trial.number}`);
  return json({ ...verificationOf(trial), evaluation_id: `mock-${trial.number}` });
}

function evaluationOf(study: MockStudy, trial: Trial): Response {
  const { study: its } = study.view();
  const known = trial.score_test !== null || evaluated.has(`${study.id}/${trial.number}`);
  if (!known) return problem(404, "no_evaluation", "The trial has not been evaluated.");
  const table = datasets.get(its.dataset_id);
  const target = table?.columns.find((column) => column.name === its.target);
  const classes = (target?.top ?? []).map((each) => each.value);
  return json(evaluate(its, trial, classes));
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
