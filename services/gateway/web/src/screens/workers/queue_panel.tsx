/** What waits, what is in work, and how fast it goes. */

import type { QueueNow } from "../../api/workers";
import { count, counted } from "../../format/numbers";
import type { Resource } from "../../state/resource";
import { isSaidByFrame, ProblemNote, Skeleton } from "../../ui/blank";
import { Panel } from "../../ui/panel";

export function QueuePanel({ queue }: { queue: Resource<QueueNow> }) {
  const now = queue.value;
  return (
    <Panel
      title="Queue"
      subtitle={now ? brokerWords(now) : undefined}
    >
      {now === null && queue.error === null && <Skeleton lines={3} label="Loading the queue" />}
      {queue.error !== null && !isSaidByFrame(queue.error, now) && (
        <ProblemNote error={queue.error} onRetry={queue.reload} />
      )}
      {now !== null && <Figures now={now} />}
    </Panel>
  );
}

function brokerWords({ consumers }: QueueNow): string {
  return `${counted(consumers, "trainer")} taking from it`;
}

function Figures({ now }: { now: QueueNow }) {
  return (
    <dl class="queue-figures">
      <Figure label="Ready" value={count(now.ready)} help="Cohorts that wait for a trainer" />
      <Figure
        label="Unacknowledged"
        value={count(now.unacknowledged)}
        help="Taken by a trainer, not finished"
      />
    </dl>
  );
}

function Figure({ label, value, help }: { label: string; value: string; help: string }) {
  return (
    <div class="queue-figure">
      <dt>{label}</dt>
      <dd>
        <strong class="tabular">{value}</strong>
        <span class="muted small">{help}</span>
      </dd>
    </div>
  );
}
