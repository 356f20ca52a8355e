/** The studies; and where there are none yet, the shortest way to the first one. */

import { useMemo } from "preact/hooks";
import { Unreachable } from "../../api/client";
import { findStudies } from "../../api/studies";
import type { FoundStudies } from "../../api/studies";
import { isEndedStudy } from "../../format/words";
import { query, setQuery } from "../../router";
import { startStudyWith } from "../../state/handover";
import { useResource } from "../../state/resource";
import { Blank, NoServer, ProblemNote, Skeleton } from "../../ui/blank";
import { DropArea } from "../../ui/drop_area";
import { usePolling, useTitle } from "../../ui/hooks";
import { FilterBar } from "./filter_bar";
import { FirstTime } from "./first_time";
import { isFiltered, PER_PAGE, readHomeQuery, shownOf } from "./home_query";
import type { HomeQuery } from "./home_query";
import { PickBar } from "./pick_bar";
import { StudyList } from "./study_list";

const BUSY_MS = 2_000;
const IDLE_MS = 10_000;

export function Home() {
  const asked = useMemo(() => readHomeQuery(query.value), [query.value]);
  useTitle(asked.deleted ? "Deleted studies" : "");
  const { text, states, tags, deleted, limit } = asked;
  const found = useResource(
    () => findStudies(asked, limit),
    [text, states.join(), tags.join("\n"), deleted, limit],
  );
  // What runs changes soon, and so, one hopes, does a server that is away.
  const isRunning = found.value?.studies.some((study) => !isEndedStudy(study.state)) ?? false;
  usePolling(found.refresh, isRunning || found.error !== null ? BUSY_MS : IDLE_MS);

  if (found.value === null && found.error === null) {
    return <Skeleton lines={8} label="Loading the studies" />;
  }
  if (found.value === null && found.error instanceof Unreachable) {
    return <NoServer onRetry={found.reload} />;
  }
  const isFirstTime = found.value?.studies.length === 0 && !isFiltered(asked) && !deleted;
  return (
    <div class="stack loose">
      {found.value === null && <h1>Studies</h1>}
      {found.error !== null && !(found.error instanceof Unreachable) && (
        <ProblemNote error={found.error} onRetry={found.reload} />
      )}
      {found.value !== null &&
        (isFirstTime ? (
          <FirstTime />
        ) : (
          <Studies asked={asked} found={found.value} onChange={found.reload} />
        ))}
      {!deleted && found.value !== null && (
        <p class="muted small">
          <a href="/?deleted=true">Deleted studies</a>
        </p>
      )}
    </div>
  );
}

interface StudiesProps {
  asked: HomeQuery;
  found: FoundStudies;
  onChange: () => void;
}

function Studies({ asked, found, onChange }: StudiesProps) {
  const { studies } = found;
  const hasMore = found.next_page_token !== "";
  const shown = shownOf(studies.length, found.total_size ?? null, hasMore);
  const tags = [...new Set([...asked.tags, ...studies.flatMap((study) => study.tags ?? [])])];
  return (
    <>
      {!asked.deleted && <DropArea compact onFile={startStudyWith} />}
      <section class="stack" aria-labelledby="studies">
        <div class="page-head">
          <h1 id="studies" tabIndex={-1}>
            {asked.deleted ? "Deleted studies" : "Studies"}{" "}
            <span class="head-count tabular">{shown}</span>
          </h1>
          {asked.deleted && <a href="/">Back to the studies</a>}
        </div>
        <FilterBar asked={asked} tags={tags.sort()} />
        {studies.length > 0 ? (
          <StudyList studies={studies} picked={asked.picked} onChange={onChange} />
        ) : (
          <NoneFits asked={asked} />
        )}
        {hasMore && <MoreButton asked={asked} shown={shown} />}
      </section>
      {asked.picked.length > 0 && <PickBar picked={asked.picked} />}
    </>
  );
}

function MoreButton({ asked, shown }: { asked: HomeQuery; shown: string }) {
  return (
    <div class="row">
      <button
        type="button"
        class="btn btn-quiet"
        onClick={() => setQuery({ show: String(asked.limit + PER_PAGE) }, { replace: true })}
      >
        Show {PER_PAGE} more
      </button>
      <span class="muted small tabular">{shown}</span>
    </div>
  );
}

function NoneFits({ asked }: { asked: HomeQuery }) {
  if (!isFiltered(asked)) {
    return <Blank icon="trash" title="Nothing was deleted" text="Deleted studies wait here." />;
  }
  return (
    <Blank icon="search" title="No study fits" text="Fewer words, states or tags show more.">
      <button
        type="button"
        class="btn btn-quiet"
        onClick={() => setQuery({ q: null, state: null, tag: null })}
      >
        Show all
      </button>
    </Blank>
  );
}
