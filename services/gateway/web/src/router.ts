/** Addresses. Every screen has one, so that a reload or a copied link comes back to it. */

import { computed, signal } from "@preact/signals";

export type Route =
  | { name: "home" }
  | { name: "new"; datasetId: string | null }
  | { name: "study"; studyId: string }
  | { name: "missing" };

export function parseRoute(path: string, query: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0) return { name: "home" };
  if (parts.length === 1 && parts[0] === "new") {
    return { name: "new", datasetId: new URLSearchParams(query).get("dataset") };
  }
  if (parts.length === 2 && parts[0] === "studies") {
    const studyId = decode(parts[1] ?? "");
    if (studyId) return { name: "study", studyId };
  }
  return { name: "missing" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

export function studyAddress(studyId: string): string {
  return `/studies/${encodeURIComponent(studyId)}`;
}

export function newStudyAddress(datasetId?: string): string {
  return datasetId ? `/new?dataset=${encodeURIComponent(datasetId)}` : "/new";
}

const address = signal({ path: location.pathname, query: location.search });

export const route = computed(() => parseRoute(address.value.path, address.value.query));

export function navigate(to: string, how: { replace?: boolean } = {}): void {
  if (how.replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  readAddress();
  if (!how.replace) window.scrollTo(0, 0);
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
  event.preventDefault();
  navigate(link.pathname + link.search);
}

export function startRouter(): void {
  window.addEventListener("popstate", readAddress);
  document.addEventListener("click", followLink);
}
