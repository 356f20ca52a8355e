/** What waits, what is in work, and how fast it goes. */

import type { QueueNow } from "../../api/workers";
import { count } from "../../format/numbers";
import type { Resource } from "../../state/resource";
import { isSaidByFrame, ProblemNote, Skeleton } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { minutesOf, rateText, sparkOf } from "./history";

export function QueuePanel({ queue }: { queue: Resource<QueueNow> }) {
  const now = queue.value;
  return (
    <Panel
      title="Queue"
      subtitle={now ? brokerWords(now) : undefined}
      actions={now?.dashboard_url ? <DashboardLink url={now.dashboard_url} /> : undefined}
    >
      {now === null && queue.error === null && <Skeleton lines={3} label="Loading the queue" />}
      {queue.error !== null && !isSaidByFrame(queue.error, now) && (
        <ProblemNote error={queue.error} onRetry={queue.reload} />
      )}
      {now !== null && <Figures now={now} />}
    </Panel>
  );
}

function brokerWords({ broker, consumers }: QueueNow): string {
  const where = broker === "memory" ? "In this server’s memory" : `In ${brokerName(broker)}`;
  return `${where} · ${count(consumers)} taking from it`;
}

function brokerName(broker: string): string {
  return broker === "rabbitmq" ? "RabbitMQ" : broker;
}

function DashboardLink({ url }: { url: string }) {
  return (
    <a class="btn btn-quiet btn-small" href={url} target="_blank" rel="noreferrer">
      The broker’s dashboard
      <Icon name="external" />
    </a>
  );
}

function Figures({ now }: { now: QueueNow }) {
  const { history } = now;
  return (
    <>
      <dl class="queue-figures">
        <Figure
          label="Ready"
          value={count(now.ready)}
          help="Cohorts that wait for a trainer"
          history={history.map((each) => each.ready)}
        />
        <Figure
          label="Unacknowledged"
          value={count(now.unacknowledged)}
          help="Taken by a trainer, not finished"
          history={history.map((each) => each.unacknowledged)}
        />
        <Figure
          label="Designs a minute"
          value={rateText(now.trials_per_minute)}
          help={`${rateText(now.cohorts_per_minute)} cohorts a minute`}
          history={history.map((each) => each.trials_per_minute)}
        />
        <Figure
          label="Epochs a second"
          value={rateText(now.epochs_per_second)}
          help="All trainers together"
        />
        <Figure
          label="Dead letters"
          value={count(now.dead_letters)}
          help={now.dead_letters > 0 ? "Couldn’t be worked on; see the log" : "Nothing was put aside"}
          isBad={now.dead_letters > 0}
        />
      </dl>
      {history.length > 0 && <HistoryTable now={now} />}
    </>
  );
}

interface FigureProps {
  label: string;
  value: string;
  help: string;
  history?: readonly number[];
  isBad?: boolean;
}

function Figure({ label, value, help, history, isBad }: FigureProps) {
  return (
    <div class={isBad ? "queue-figure bad" : "queue-figure"}>
      <dt>{label}</dt>
      <dd>
        <strong class="tabular">{value}</strong>
        <span class="muted small">{help}</span>
        {history && history.length > 1 && <SparkChart values={history} />}
      </dd>
    </div>
  );
}

/** A glance; the numbers are in the table below. */
function SparkChart({ values }: { values: readonly number[] }) {
  const { line, area, top } = sparkOf(values);
  return (
    <span class="spark-frame">
      <svg class="spark" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        <path class="area" d={area} />
        <path class="line" d={line} vector-effect="non-scaling-stroke" />
      </svg>
      <span class="muted">15 min · highest {rateText(top)}</span>
    </span>
  );
}

function HistoryTable({ now }: { now: QueueNow }) {
  return (
    <details class="behind">
      <summary>The last 15 minutes as a table</summary>
      <div class="table-scroll" tabIndex={0} role="region" aria-label="History of the queue">
        <table class="table table-sm">
          <thead>
            <tr>
              <th scope="col">Minute</th>
              <th scope="col">Most ready</th>
              <th scope="col">Most unacknowledged</th>
              <th scope="col">Designs a minute</th>
            </tr>
          </thead>
          <tbody>
            {minutesOf(now.history).map((row) => (
              <tr key={row.time}>
                <th scope="row">{row.time}</th>
                <td>{count(row.ready)}</td>
                <td>{count(row.unacknowledged)}</td>
                <td>{rateText(row.trialsPerMinute)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
