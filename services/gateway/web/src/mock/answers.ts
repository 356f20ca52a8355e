/** Answers in the form that a gateway gives them. */

export function json(value: unknown, status = 200): Response {
  return Response.json(value, { status });
}

export function problem(status: number, code: string, detail: string, field = ""): Response {
  const title = status === 404 ? "There is no such thing" : "The request can't be accepted";
  const type = `urn:layerlab:problem:${code}`;
  return json({ type, title, status, code, detail, ...(field && { field }) }, status);
}

export function missing(what = "thing"): Response {
  return problem(404, "not_found", `There is no such ${what}.`);
}

export function found(value: unknown, what?: string): Response {
  return value === undefined || value === null ? missing(what) : json(value);
}

/** One part of `all`; the token is where the next one starts. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams): { page: T[]; next: string } {
  const start = Number(query.get("page_token") || query.get("skip") || 0);
  const end = start + Number(query.get("page_size") ?? 100);
  return { page: all.slice(start, end), next: end < all.length ? String(end) : "" };
}
