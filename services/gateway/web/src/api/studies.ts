/** The list of studies, and what one writes on them. */

import { getJson, postJson, send } from "./client";
import type { ActivityPage, Study, StudyPage, StudyState } from "./types";

export interface StudyQuery {
  /** Part of a name, a table's name or a target. */
  text: string;
  states: readonly StudyState[];
  tags: readonly string[];
  /** Those that were deleted, instead of those that were not. */
  deleted: boolean;
}

/** What a person writes on a study; what is left out stays as it is. */
export interface StudyDescription {
  name?: string;
  /** At most 10,000 characters. */
  note?: string;
  /** At most 20 of at most 40 characters. */
  tags?: readonly string[];
}

/** A study with what was written on it, where the server is new enough to say so. */
export type DescribedStudy = Study & {
  note?: string;
  tags?: readonly string[];
  deleted_at?: string | null;
};

export type FoundStudies = Omit<StudyPage, "studies"> & {
  studies: DescribedStudy[];
  /** How many there are, shown or not. */
  total_size?: number | null;
};

/** The newest ones that fit, at most `limit` (1,000) of them. */
export function findStudies(asked: StudyQuery, limit: number): Promise<FoundStudies> {
  const query = new URLSearchParams({ page_size: String(limit) });
  if (asked.text !== "") query.set("query", asked.text);
  for (const state of asked.states) query.append("state", state);
  for (const tag of asked.tags) query.append("tag", tag);
  if (asked.deleted) query.set("deleted", "true");
  return getJson(`/v1/studies?${query}`);
}

export async function describeStudy(id: string, description: StudyDescription): Promise<Study> {
  const response = await send(studyPath(id), {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(description),
  });
  return (await response.json()) as Study;
}

/** Of a study that has ended; else a problem with `study_is_active`. */
export async function deleteStudy(id: string): Promise<Study> {
  return (await (await send(studyPath(id), { method: "DELETE" })).json()) as Study;
}

export function restoreStudy(id: string): Promise<Study> {
  return postJson(`${studyPath(id)}:restore`);
}

function studyPath(id: string): string {
  return `/v1/studies/${encodeURIComponent(id)}`;
}

/** Newest first; an empty token says that there is nothing older. */
export function listActivity(id: string, token = ""): Promise<ActivityPage> {
  const query = new URLSearchParams({ page_size: "100" });
  if (token !== "") query.set("page_token", token);
  return getJson(`${studyPath(id)}/activity?${query}`);
}

/** A file of all trials, whatever they were trained for. */
export function exportPath(id: string, format: "csv" | "json"): string {
  return `${studyPath(id)}/trials:export?format=${format}&purpose=all`;
}
