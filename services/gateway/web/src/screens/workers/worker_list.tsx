/** The workers: how they are, what they train, and how to keep them from more. */

import { useState } from "preact/hooks";
import { commandWorker } from "../../api/workers";
import type { Worker } from "../../api/workers";
import { counted } from "../../format/numbers";
import { clock } from "../../format/time";
import { studyAddress } from "../../router";
import { Icon } from "../../ui/icons";
import { toast } from "../../ui/toast";
import { heartbeatAge, lookOf, workWords } from "./worker_words";

interface WorkerListProps {
  workers: readonly Worker[];
  onChange: () => void;
}

export function WorkerList({ workers, onChange }: WorkerListProps) {
  const now = Date.now();
  return (
    <ul class="worker-list">
      {workers.map((worker) => (
        <li key={worker.worker_id} data-worker={worker.worker_id}>
          <Identity worker={worker} />
          <Badge worker={worker} now={now} />
          <Work worker={worker} now={now} />
          <DrainButton worker={worker} onChange={onChange} />
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

function DrainButton({ worker, onChange }: { worker: Worker; onChange: () => void }) {
  const [isBusy, setIsBusy] = useState(false);
  if (!worker.connected) return <span />;
  const verb = worker.draining ? "resume" : "drain";

  async function act(): Promise<void> {
    setIsBusy(true);
    try {
      await commandWorker(worker.worker_id, verb);
      if (verb === "drain") toast(drainedToast(worker, onChange));
      onChange();
    } catch (problem) {
      toast({ text: problem instanceof Error ? problem.message : String(problem), tone: "bad" });
    } finally {
      setIsBusy(false);
    }
  }

  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      aria-label={`${verb === "drain" ? "Drain" : "Resume"} ${worker.worker_id}`}
      disabled={isBusy}
      onClick={() => void act()}
    >
      <Icon name={verb === "drain" ? "pause" : "play"} />
      {verb === "drain" ? "Drain" : "Resume"}
    </button>
  );
}

function drainedToast({ worker_id }: Worker, onChange: () => void): Parameters<typeof toast>[0] {
  return {
    text: `${worker_id} ends its cohort and takes no more.`,
    undo: async () => {
      await commandWorker(worker_id, "resume");
      onChange();
    },
  };
}
