/** The workers: how they are, and what they train. */

import type { Worker } from "../../api/workers";
import { counted } from "../../format/numbers";
import { clock } from "../../format/time";
import { studyAddress } from "../../router";
import { Icon } from "../../ui/icons";
import { heartbeatAge, lookOf, workWords } from "./worker_words";

export function WorkerList({ workers }: { workers: readonly Worker[] }) {
  const now = Date.now();
  return (
    <ul class="worker-list">
      {workers.map((worker) => (
        <li key={worker.worker_id} data-worker={worker.worker_id}>
          <Identity worker={worker} />
          <Badge worker={worker} now={now} />
          <Work worker={worker} now={now} />
        </li>
      ))}
    </ul>
  );
}

function Identity({ worker }: { worker: Worker }) {
  const about = [
    worker.device,
    counted(worker.threads, "thread"),
    `${worker.host}, process ${worker.pid}`,
    `version ${worker.version}`,
  ];
  return (
    <div class="who">
      <strong>{worker.worker_id}</strong>
      <span class="muted small">
        {about.join(" · ")}
      </span>
    </div>
  );
}

function Badge({ worker, now }: { worker: Worker; now: number }) {
  const { tone, icon, word } = lookOf(worker);
  return (
    <div class="health">
      <span class={`badge-state tone-${tone}`} data-state={word.toLowerCase()}>
        <Icon name={icon} />
        {word}
      </span>
      <span class="muted small tabular">last heard {clock(heartbeatAge(worker, now))} ago</span>
    </div>
  );
}

function Work({ worker, now }: { worker: Worker; now: number }) {
  if (worker.study_id === "") return <div class="work muted small">{idleWords(worker)}</div>;
  const since = worker.since ? clock((now - Date.parse(worker.since)) / 1000) : null;
  const words = [workWords(worker), since && `for ${since}`, againWords(worker)].filter(Boolean);
  return (
    <div class="work">
      <a href={studyAddress(worker.study_id)}>{worker.study_name || "A study"}</a>
      <span class="muted small tabular">{words.join(" · ")}</span>
    </div>
  );
}

function idleWords({ draining, connected }: Worker): string {
  if (!connected) return "What it trained goes to another trainer.";
  return draining ? "Takes no more until it is resumed." : "Waits for a cohort.";
}

function againWords({ attempt }: Worker): string {
  return attempt > 1 ? `attempt ${attempt}` : "";
}
