/** What a gateway answers about studies as a whole. */

import type { Verb } from "../api/client";
import type { StudyRequest } from "../api/types";
import type { ActivityEntry, DescribedStudy, Notes } from "./contract";
import { found, json, missing, pageOf, problem } from "./answers";
import type { MockStudy } from "./studies";
import { addStudy, isEnded, studies } from "./world";

const NOTE_LONGEST = 10_000;
const MOST_TAGS = 20;
const TAG_LONGEST = 40;

export function createStudy(request: StudyRequest): Response {
  const study = addStudy(request);
  return study ? json(study.view().study, 201) : missing("dataset");
}

export function listStudies(query: URLSearchParams): Response {
  const words = (query.get("query") ?? "").toLowerCase();
  const [states, tags] = [query.getAll("state"), query.getAll("tag")];
  const deleted = query.get("deleted") === "true";
  const all = [...studies.values()]
    .map((study) => study.view().study)
    .filter(
      (study) =>
        (study.deleted_at !== null) === deleted &&
        textOf(study).includes(words) &&
        (states.length === 0 || states.includes(study.state)) &&
        tags.every((tag) => study.tags.includes(tag)),
    )
    .sort((a, b) => b.created_at.localeCompare(a.created_at));
  const { page, next } = pageOf(all, query);
  return json({ studies: page, next_page_token: next, total_size: all.length });
}

function textOf({ name, dataset_name, target, note }: DescribedStudy): string {
  return [name, dataset_name, target, note].join(" ").toLowerCase();
}

export function describeStudy(study: MockStudy, notes: Partial<Notes>): Response {
  const { name, note = "", tags = [] } = notes;
  if (name !== undefined && name.trim() === "") {
    return problem(400, "invalid_request", "A study has a name.", "name");
  }
  if (note.length > NOTE_LONGEST) {
    return problem(400, "invalid_request", "A note has at most 10,000 characters.", "note");
  }
  if (tags.length > MOST_TAGS || tags.some((tag) => tag.length > TAG_LONGEST)) {
    return problem(400, "invalid_request", "At most 20 tags of at most 40 characters.", "tags");
  }
  return json(study.describe(notes));
}

export function deleteStudy(study: MockStudy): Response {
  if (!isEnded(study)) return problem(409, "study_is_active", "Stop or cancel the study first.");
  return json(study.describe({ deleted_at: new Date().toISOString() }));
}

export function commandStudy(study: MockStudy, verb: string): Response {
  if (verb === "restore") return json(study.describe({ deleted_at: null }));
  if (isEnded(study)) return problem(409, "study_has_ended", "The study has ended.");
  return json(study.command(verb as Verb));
}

export function verdictOf(study: MockStudy): Response {
  const { verdict, study: its } = study.view();
  if (!verdict) return problem(404, "no_verdict_yet", "There is no verdict yet.");
  return found({ ...verdict, study_id: its.study_id, state: its.state });
}

/** Newest first, without reports of epochs. */
export function activityOf(study: MockStudy, query: URLSearchParams): Response {
  const entries: ActivityEntry[] = study
    .eventsAfter(0)
    .filter((event) => event.type !== "trial.epochs_reported")
    .map(({ seq, time, type, subject, data }) => ({ seq, time, type, subject, data }));
  const { page, next } = pageOf(entries.reverse(), query);
  return json({ entries: page, next_page_token: next });
}
