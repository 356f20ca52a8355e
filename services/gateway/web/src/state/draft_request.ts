/** What the server is sent for a draft, and a draft from what it was sent before. */

import type { Dataset, Study, StudyRequest } from "../api/types";
import { FIELD_NAMES } from "./design_fields";
import { freshDraft, kindsOf } from "./draft";
import type { Draft } from "./draft";
import { documentOf, fieldFormOf, isFieldName } from "./draft_space";
import type { SpaceDocument, SpaceForm } from "./draft_space";
import { parseDesigns } from "./own_designs";

/** What `choose` adds to a space that doesn't say otherwise. */
const PREPARATIONS: SpaceDocument = {
  recipe: ["paper", "standard", "quantile"],
  missing_indicators: [false, true],
  group_rare: [false, true],
};

/** Call only when nothing is to be complained of. What is left as it was is not said. */
export function requestOf(datasetId: string, draft: Draft): StudyRequest {
  const request: StudyRequest = {
    dataset_id: datasetId,
    target: draft.target,
    preset: draft.preset,
    engine: draft.engine,
    halving: halvingOf(draft),
    seed: Number(draft.seed),
    verdict: draft.verdict,
    search: draft.search,
    budget: {
      ...(draft.designs !== "" && { max_trials: Number(draft.designs) }),
      ...(draft.minutes !== "" && { time_seconds: Number(draft.minutes) * 60 }),
      ...(draft.epochs !== "" && { max_epochs: Number(draft.epochs) }),
    },
  };
  if (draft.recipe !== "choose") request.recipe = draft.recipe;
  const space = spaceOf(draft);
  if (Object.keys(space).length > 0) request.space = space;
  if (draft.task) request.task = draft.task;
  if (draft.metric) request.metric = draft.metric;
  if (draft.splitMethod !== "stratified" || draft.folds !== "5") request.split = splitOf(draft);
  const constraints = constraintsOf(draft);
  if (Object.keys(constraints).length > 0) request.constraints = constraints;
  const designs = parseDesigns(draft.ownDesigns);
  if (typeof designs !== "string" && designs.length > 0) request.designs = designs;
  if (draft.name.trim()) request.name = draft.name.trim();
  const kinds = kindsOf(draft);
  if (Object.keys(kinds).length > 0) request.column_kinds = kinds;
  return request;
}

/** The fields that aren't the preset's, with what the choice of preparation comes to. */
export function spaceOf({ space, recipe }: Draft): SpaceDocument {
  const own = documentOf(space);
  return recipe === "choose" ? { ...PREPARATIONS, ...own } : own;
}

/** A preset's space as this draft has it: a settled preparation isn't searched. */
export function baseSpace(preset: SpaceDocument, { recipe }: Draft): SpaceDocument {
  return recipe === "choose" ? { ...preset, ...PREPARATIONS } : { ...preset, recipe: [null] };
}

function splitOf({ splitMethod, splitColumn, folds }: Draft): StudyRequest["split"] {
  const column = splitMethod === "stratified" ? null : splitColumn;
  return { method: splitMethod, column, folds: Number(folds) };
}

function constraintsOf({ maxParams, maxTrialSeconds }: Draft): Record<string, number> {
  return {
    ...(maxParams !== "" && { max_params: Number(maxParams) }),
    ...(maxTrialSeconds !== "" && { max_trial_seconds: Number(maxTrialSeconds) }),
  };
}

function halvingOf({ halving, halvingFactor, halvingEpochs }: Draft): StudyRequest["halving"] {
  if (halving !== "own") return halving;
  return { factor: Number(halvingFactor), min_epochs: Number(halvingEpochs) };
}

/** Everything that `study` was asked for, to be changed and started again.
 *
 * `preset`: the space of its preset now; fields that equal it are left to it.
 */
export function draftFromStudy(dataset: Dataset, study: Study, preset: SpaceDocument): Draft {
  const { budget, constraints, halving, split } = study;
  const rule = halving === "off" ? null : halving;
  const fresh = freshDraft(dataset);
  const draft: Draft = {
    ...fresh,
    target: study.target,
    task: study.task,
    preset: study.preset,
    search: study.search,
    metric: study.metric,
    verdict: study.verdict,
    splitMethod: split.method,
    splitColumn: split.column ?? "",
    recipe: study.recipe,
    folds: String(split.folds),
    maxParams: typed(constraints.max_params),
    maxTrialSeconds: typed(constraints.max_trial_seconds),
    designs: typed(budget.max_trials),
    minutes: budget.time_seconds === null ? "" : String(budget.time_seconds / 60),
    epochs: String(budget.max_epochs),
    seed: String(study.seed),
    ownDesigns: study.designs.length > 0 ? JSON.stringify(study.designs, null, 1) : "",
    engine: study.engine,
    halving: rule === null ? "off" : "own",
    halvingFactor: rule === null ? fresh.halvingFactor : String(rule.factor),
    halvingEpochs: rule === null ? fresh.halvingEpochs : String(rule.min_epochs),
    kinds: study.column_kinds,
    name: `${study.name} (copy)`.slice(0, 200),
  };
  return { ...draft, space: ownFields(study.space, baseSpace(preset, draft)) };
}

const typed = (value: number | null): string => (value === null ? "" : String(value));

function ownFields(space: SpaceDocument, base: SpaceDocument): SpaceForm {
  const own: SpaceForm = {};
  for (const name of FIELD_NAMES) {
    if (!Object.hasOwn(space, name) || !isFieldName(name)) continue;
    const form = fieldFormOf(name, space[name]);
    const usual = Object.hasOwn(base, name) ? fieldFormOf(name, base[name]) : null;
    if (JSON.stringify(form) !== JSON.stringify(usual)) own[name] = form;
  }
  return own;
}
