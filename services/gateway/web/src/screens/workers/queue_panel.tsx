/** What waits, what is in work, how fast it goes, and how that was over the last minutes. */

import type { QueueNow } from "../../api/workers";
import type { Resource } from "../../state/resource";
import { isSaidByFrame, ProblemNote, Skeleton } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { QueueHistory } from "./queue_history";
import { brokerWords, depthFigures, paceFigures } from "./queue_words";
import type { Figure } from "./queue_words";

export function QueuePanel({ queue }: { queue: Resource<QueueNow> }) {
  const now = queue.value;
  return (
    <Panel
      title="Queue"
      subtitle={now ? brokerWords(now) : undefined}
      actions={now?.dashboard_url ? <Dashboard url={now.dashboard_url} /> : undefined}
    >
      {now === null && queue.error === null && <Skeleton lines={5} label="Loading the queue" />}
      {queue.error !== null && !isSaidByFrame(queue.error, now) && (
        <ProblemNote error={queue.error} onRetry={queue.reload} />
      )}
      {now !== null && (
        <div class="stack">
          <div class="queue-groups">
            <Figures label="Depth, in cohorts" figures={depthFigures(now)} />
            <Figures label="Pace, over the last minute" figures={paceFigures(now)} />
          </div>
          <QueueHistory history={now.history} />
        </div>
      )}
    </Panel>
  );
}

function Dashboard({ url }: { url: string }) {
  return (
    <a class="btn btn-quiet btn-small" href={url} target="_blank" rel="noreferrer">
      RabbitMQ’s dashboard
      <Icon name="external" />
      <span class="visually-hidden">(opens in a new tab)</span>
    </a>
  );
}

function Figures({ label, figures }: { label: string; figures: readonly Figure[] }) {
  return (
    <section class="queue-group" aria-label={label}>
      <h3>{label}</h3>
      <dl class="queue-figures">
        {figures.map(({ name, value, help, isBad }) => (
          <div key={name} class={isBad ? "queue-figure bad" : "queue-figure"}>
            <dt>{name}</dt>
            <dd>
              <strong class="tabular">{value}</strong>
              <span class="muted small">{help}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
