/** Addresses. Every screen has one, so that a reload or a copied link comes back to it. */

import { computed, signal } from "@preact/signals";

export const STUDY_TABS = ["overview", "trials", "plots", "compare", "model", "activity"] as const;
export type StudyTab = (typeof STUDY_TABS)[number];

export const NEW_STEPS = ["upload", "columns", "search", "review"] as const;
export type NewStep = (typeof NEW_STEPS)[number];

export type Route =
  | { name: "home" }
  | { name: "new"; step: NewStep; datasetId: string | null; from: string | null }
  | { name: "study"; studyId: string; tab: StudyTab }
  | { name: "trial"; studyId: string; number: number }
  | { name: "compareStudies"; studyIds: readonly string[] }
  | { name: "datasets" }
  | { name: "dataset"; datasetId: string }
  | { name: "workers" }
  | { name: "api" }
  | { name: "missing" };

const MISSING: Route = { name: "missing" };

export function parseRoute(path: string, query: string): Route {
  const [first, ...rest] = path
    .split("/")
    .filter((part) => part !== "")
    .map(decode);
  const asked = new URLSearchParams(query);
  switch (first) {
    case undefined:
      return { name: "home" };
    case "new":
      return newRoute(rest, asked);
    case "studies":
      return studyRoute(rest);
    case "compare":
      if (rest.length > 0) return MISSING;
      return { name: "compareStudies", studyIds: listOf(asked.get("studies")) };
    case "datasets":
      return datasetRoute(rest);
    case "workers":
    case "api":
      return rest.length === 0 ? { name: first } : MISSING;
    default:
      return MISSING;
  }
}

function newRoute(rest: readonly string[], asked: URLSearchParams): Route {
  const datasetId = asked.get("dataset");
  const from = asked.get("from");
  const [step = datasetId === null ? "upload" : "columns", ...more] = rest;
  if (more.length > 0 || !isOneOf(NEW_STEPS, step)) return MISSING;
  return { name: "new", step, datasetId, from };
}

function studyRoute([studyId, tab = "overview", number, ...more]: readonly string[]): Route {
  if (!studyId || more.length > 0) return MISSING;
  if (number === undefined) {
    return isOneOf(STUDY_TABS, tab) ? { name: "study", studyId, tab } : MISSING;
  }
  const isTrial = tab === "trials" && /^[1-9]\d{0,8}$/.test(number);
  return isTrial ? { name: "trial", studyId, number: Number(number) } : MISSING;
}

function datasetRoute([datasetId, ...more]: readonly string[]): Route {
  if (datasetId === undefined) return { name: "datasets" };
  return datasetId !== "" && more.length === 0 ? { name: "dataset", datasetId } : MISSING;
}

function isOneOf<T extends string>(known: readonly T[], value: string): value is T {
  return (known as readonly string[]).includes(value);
}

/** `a,b` as it stands in an address. */
export function listOf(text: string | null): string[] {
  return (text ?? "").split(",").filter((part) => part !== "");
}

/** Empty for what isn't an encoded part of an address. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** A tab of a study; `query` (with its `?`) goes along, so that a selection does. */
export function studyAddress(studyId: string, tab: StudyTab = "overview", query = ""): string {
  const place = `/studies/${encodeURIComponent(studyId)}`;
  return (tab === "overview" ? place : `${place}/${tab}`) + query;
}

export function trialAddress(studyId: string, number: number, query = ""): string {
  return `/studies/${encodeURIComponent(studyId)}/trials/${number}${query}`;
}

export function compareStudiesAddress(studyIds: readonly string[]): string {
  return `/compare?studies=${studyIds.map(encodeURIComponent).join(",")}`;
}

export function datasetAddress(datasetId: string): string {
  return `/datasets/${encodeURIComponent(datasetId)}`;
}

/** The first step that makes sense: columns where the table is known, else the upload. */
export function newStudyAddress(datasetId?: string): string {
  return datasetId ? newStepAddress("columns", { dataset: datasetId }) : "/new";
}

/** `from`: the study whose choices a new one starts with. */
export function newStepAddress(
  step: NewStep,
  { dataset, from }: { dataset?: string | null; from?: string | null } = {},
): string {
  const query = new URLSearchParams();
  if (dataset) query.set("dataset", dataset);
  if (from) query.set("from", from);
  return `/new/${step}${query.size > 0 ? `?${query}` : ""}`;
}

const address = signal({ path: location.pathname, query: location.search });

export const route = computed(() => parseRoute(address.value.path, address.value.query));

/** What stands after the `?` of the present address; to be read only. */
export const query = computed(() => new URLSearchParams(address.value.query));

export function navigate(to: string, how: { replace?: boolean } = {}): void {
  goTo(to, how);
  if (!how.replace) window.scrollTo(0, 0);
}

export type QueryChanges = Readonly<Record<string, string | readonly string[] | null>>;

/** Changes parts of the present address's query and keeps the others; null takes one away.
 *
 * A new entry of the history unless `replace`; the page stays where it is scrolled to.
 */
export function setQuery(changes: QueryChanges, how: { replace?: boolean } = {}): void {
  const changed = changedQuery(address.peek().query, changes);
  if (changed !== address.peek().query) goTo(address.peek().path + changed, how);
}

export function changedQuery(from: string, changes: QueryChanges): string {
  const query = new URLSearchParams(from);
  for (const [key, value] of Object.entries(changes)) {
    query.delete(key);
    const values = typeof value === "string" ? [value] : (value ?? []);
    for (const each of values) query.append(key, each);
  }
  return query.size > 0 ? `?${readable(query)}` : "";
}

// A comma and a colon mean nothing in a query; as they are, a person can read the address.
function readable(query: URLSearchParams): string {
  return query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

function goTo(to: string, how: { replace?: boolean }): void {
  if (how.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  readAddress();
}

function readAddress(): void {
  address.value = { path: location.pathname, query: location.search };
}

/** Plain left clicks on our own links change the screen without loading the page anew. */
function followLink(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a[href]");
  if (!(link instanceof HTMLAnchorElement) || link.target || link.download) return;
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (event.defaultPrevented || event.button !== 0 || modified) return;
  const ours = link.origin === location.origin && !link.pathname.startsWith("/v1/");
  if (!ours || parseRoute(link.pathname, link.search).name === "missing") return;
  // Within the screen (`#parameters`), the browser knows the way.
  if (link.hash && link.pathname === location.pathname) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
}

export function startRouter(): void {
  window.addEventListener("popstate", readAddress);
  document.addEventListener("click", followLink);
}
