/** The studies; and where there are none yet, the shortest way to the first one. */

import { useEffect } from "preact/hooks";
import { listStudies, Unreachable } from "../../api/client";
import type { Study } from "../../api/types";
import { isEndedStudy } from "../../format/words";
import { startStudyWith } from "../../state/handover";
import { useResource } from "../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { DropArea } from "../../ui/drop_area";
import { useTitle } from "../../ui/hooks";
import { Samples } from "./samples";
import { StudyList } from "./study_list";

const BUSY_MS = 2_000;
const IDLE_MS = 10_000;

export function Home() {
  useTitle("");
  const studies = useResource(listStudies, []);
  // What runs changes soon, and so, one hopes, does a server that is away.
  const running = studies.value?.some((study) => !isEndedStudy(study.state)) ?? false;
  const busy = running || studies.error !== null;
  useEffect(() => {
    const refresh = (): void => {
      if (!document.hidden) studies.reload();
    };
    const timer = setInterval(refresh, busy ? BUSY_MS : IDLE_MS);
    return () => clearInterval(timer);
  }, [busy, studies.reload]);

  if (studies.value === null && studies.error === null) {
    return <Skeleton lines={5} label="Loading the studies" />;
  }
  if (studies.value === null && studies.error instanceof Unreachable) {
    return <NoServer onRetry={studies.reload} />;
  }
  return (
    <div class="stack loose">
      {studies.error !== null && <ProblemNote error={studies.error} onRetry={studies.reload} />}
      {studies.value !== null &&
        (studies.value.length > 0 ? <Known studies={studies.value} /> : <FirstTime />)}
    </div>
  );
}

function NoServer({ onRetry }: { onRetry: () => void }) {
  return (
    <Blank
      page
      icon="unplugged"
      title="The server can't be reached"
      text={
        <>
          Start it with <code>layerlab up</code>. This page looks for it every few seconds.
        </>
      }
    >
      <button type="button" class="btn btn-quiet" onClick={onRetry}>
        Try now
      </button>
    </Blank>
  );
}

function Known({ studies }: { studies: readonly Study[] }) {
  return (
    <>
      <DropArea compact onFile={startStudyWith} />
      <section aria-labelledby="studies">
        <h1 id="studies">Studies</h1>
        <div class="study-list-frame">
          <StudyList studies={studies} />
        </div>
      </section>
      <section aria-labelledby="samples">
        <h2 class="section-title" id="samples">
          Or try one of these tables
        </h2>
        <Samples />
      </section>
    </>
  );
}

function FirstTime() {
  return (
    <>
      <div class="hero">
        <h1>Which network fits your table?</h1>
        <p>
          Drop a CSV, name the column to predict, and watch dozens of network designs train and
          compete, live.
        </p>
      </div>
      <DropArea onFile={startStudyWith} />
      <section aria-labelledby="samples">
        <h2 class="section-title" id="samples">
          No table at hand? Take one of these
        </h2>
        <Samples />
      </section>
    </>
  );
}
