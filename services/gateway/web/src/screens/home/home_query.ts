/** The list of studies as its address tells it. */

import type { StudyQuery } from "../../api/studies";
import type { StudyState } from "../../api/types";
import { STUDY_STATE_WORDS } from "../../format/words";
import { listOf } from "../../router";

export const PER_PAGE = 50;
/** What the server gives in one answer. */
const AT_MOST = 1_000;

export interface HomeQuery extends StudyQuery {
  /** How many are asked for: 50, and 50 more each time. */
  limit: number;
  /** Studies ticked for a comparison. */
  picked: readonly string[];
}

export const STATES = Object.keys(STUDY_STATE_WORDS) as StudyState[];

export function readHomeQuery(query: URLSearchParams): HomeQuery {
  const states = query.getAll("state").flatMap(listOf);
  const shown = Number(query.get("show") ?? PER_PAGE);
  const pages = Math.ceil((Number.isFinite(shown) ? shown : PER_PAGE) / PER_PAGE);
  return {
    text: query.get("q") ?? "",
    states: STATES.filter((state) => states.includes(state)),
    tags: [...new Set(query.getAll("tag"))],
    deleted: query.get("deleted") === "true",
    limit: Math.min(AT_MOST, Math.max(1, pages) * PER_PAGE),
    picked: listOf(query.get("pick")),
  };
}

export function isFiltered({ text, states, tags }: StudyQuery): boolean {
  return text !== "" || states.length > 0 || tags.length > 0;
}

/** With `value` where it wasn't, without it where it was. */
export function toggled<T>(values: readonly T[], value: T): T[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}

/** `50 of 213`, `7`, or `50 and more` where the server doesn't count. */
export function shownOf(shown: number, total: number | null, hasMore: boolean): string {
  const words = (value: number): string => value.toLocaleString("en-US");
  if (total !== null && total > shown) return `${words(shown)} of ${words(total)}`;
  return hasMore ? `${words(shown)} and more` : words(shown);
}
