/** How programs use this server: REST as it describes itself, and the other ways in. */

import { useMemo } from "preact/hooks";
import { getJson, Unreachable } from "../../api/client";
import { counted } from "../../format/numbers";
import { query, setQuery } from "../../router";
import { useResource } from "../../state/resource";
import { Blank, NoServer, ProblemNote, Skeleton } from "../../ui/blank";
import { useTitle } from "../../ui/hooks";
import { Icon } from "../../ui/icons";
import { Boundary } from "../../ui/panel";
import { EndpointBox } from "./endpoint_box";
import { matching, readOpenApi } from "./openapi";
import type { EndpointGroup } from "./openapi";
import { Ways } from "./ways";

export function ApiScreen() {
  useTitle("API");
  return (
    <div class="stack loose">
      <div class="page-head">
        <div>
          <h1>API</h1>
          <p>
            All that this page does, your programs can do. Errors are{" "}
            <code>application/problem+json</code> with a stable <code>code</code>, the field, and
            what to do about it.
          </p>
        </div>
        <a class="btn btn-quiet" href="/openapi.json" target="_blank" rel="noreferrer">
          OpenAPI document
          <Icon name="external" />
        </a>
      </div>
      <Ways />
      <Boundary>
        <Rest />
      </Boundary>
    </div>
  );
}

function Rest() {
  const document = useResource(() => getJson<unknown>("/openapi.json"), []);
  const groups = useMemo(() => readOpenApi(document.value), [document.value]);
  if (document.value === null) {
    if (document.error === null) return <Skeleton lines={8} label="Loading the REST interface" />;
    if (document.error instanceof Unreachable) return <NoServer onRetry={document.reload} />;
    return <ProblemNote error={document.error} onRetry={document.reload} />;
  }
  return <Endpoints groups={groups} />;
}

function Endpoints({ groups }: { groups: readonly EndpointGroup[] }) {
  const text = query.value.get("q") ?? "";
  const found = matching(groups, text);
  const total = sizeOf(groups);
  return (
    <section class="stack" aria-labelledby="rest">
      <div class="page-head">
        <h2 id="rest">
          REST{" "}
          <span class="head-count">
            {text === "" ? counted(total, "address", "addresses") : `${sizeOf(found)} of ${total}`}
          </span>
        </h2>
        <div class="search-box">
          <Icon name="search" />
          <input
            class="form-control"
            type="search"
            aria-label="Search the REST interface"
            placeholder="studies, verdict, POST…"
            value={text}
            onInput={(event) =>
              setQuery({ q: event.currentTarget.value || null }, { replace: true })
            }
          />
        </div>
      </div>
      {found.length === 0 && (
        <Blank icon="search" title="Nothing fits" text="Try fewer words, or part of an address." />
      )}
      {found.map(({ title, endpoints }) => (
        <section key={title} class="endpoints panel" aria-label={title}>
          <h3>{title}</h3>
          {endpoints.map((endpoint) => (
            <EndpointBox key={endpoint.id} endpoint={endpoint} />
          ))}
        </section>
      ))}
    </section>
  );
}

function sizeOf(groups: readonly EndpointGroup[]): number {
  return groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
}
