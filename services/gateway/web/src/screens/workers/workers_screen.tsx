/** Who trains, what waits, and how fast it goes. */

import { Unreachable } from "../../api/client";
import { getQueue, listWorkers } from "../../api/workers";
import type { Worker } from "../../api/workers";
import type { Resource } from "../../state/resource";
import { useResource } from "../../state/resource";
import { Announcer } from "../../ui/announcer";
import { Blank, isSaidByFrame, NoServer, ProblemNote, Skeleton } from "../../ui/blank";
import { CodeLine } from "../../ui/copy_button";
import { usePolling, useTitle } from "../../ui/hooks";
import { Panel } from "../../ui/panel";
import { QueuePanel } from "./queue_panel";
import { WorkerList } from "./worker_list";
import { fleetWords } from "./worker_words";

const WORKERS_MS = 2_000;
const QUEUE_MS = 5_000;

export function WorkersScreen() {
  useTitle("Workers and queue");
  const workers = useResource(listWorkers, []);
  const queue = useResource(getQueue, []);
  usePolling(workers.refresh, WORKERS_MS);
  usePolling(queue.refresh, QUEUE_MS);
  if (workers.value === null && workers.error instanceof Unreachable) {
    return <NoServer onRetry={workers.reload} />;
  }
  return (
    <div class="stack loose">
      <div class="page-head">
        <div>
          <h1>Workers and queue</h1>
          <p>Studies are trained in cohorts; each waits in the queue until a worker takes it.</p>
        </div>
      </div>
      <QueuePanel queue={queue} />
      <WorkersPanel workers={workers} />
      <Announcer text={workers.value ? fleetWords(workers.value) : ""} />
    </div>
  );
}

function WorkersPanel({ workers }: { workers: Resource<Worker[]> }) {
  const known = workers.value;
  const isFlush = known !== null && known.length > 0;
  return (
    <Panel title="Workers" subtitle={isFlush ? fleetWords(known) : undefined} flush={isFlush}>
      {known === null && workers.error === null && <Skeleton label="Loading the workers" />}
      {workers.error !== null && !isSaidByFrame(workers.error, known) && (
        <ProblemNote error={workers.error} onRetry={workers.reload} />
      )}
      {isFlush && <WorkerList workers={known} onChange={workers.reload} />}
      {known?.length === 0 && <NoWorkers />}
    </Panel>
  );
}

function NoWorkers() {
  return (
    <Blank
      icon="workers"
      title="No worker is connected"
      text="Studies wait until there is one. Start it beside this server, with the same settings:"
    >
      <CodeLine code="python -m services.trainer" label="the command that starts a worker" />
      <p class="small">
        On one machine, <code>layerlab up --trainers 2</code> brings its own.
      </p>
    </Blank>
  );
}
