/** The workers: how they are, what they train, and the switch that drains them. */

import { useState } from "preact/hooks";
import { tellWorker } from "../../api/workers";
import type { Worker } from "../../api/workers";
import { clock } from "../../format/time";
import { studyAddress } from "../../router";
import { Icon } from "../../ui/icons";
import { toast } from "../../ui/toast";
import { lookOf, machineWords, outlookWords, workWords } from "./worker_words";

interface WorkerListProps {
  workers: readonly Worker[];
  onChange: () => void;
}

export function WorkerList({ workers, onChange }: WorkerListProps) {
  return (
    <ul class="worker-list">
      {workers.map((worker) => (
        <li key={worker.worker_id} data-worker={worker.worker_id}>
          <Identity worker={worker} />
          <Health worker={worker} />
          <Work worker={worker} />
          <DrainButton worker={worker} onChange={onChange} />
        </li>
      ))}
    </ul>
  );
}

function Identity({ worker }: { worker: Worker }) {
  const { host, pid, version } = worker;
  return (
    <div class="who">
      <strong>{worker.worker_id}</strong>
      <span class="muted small tabular">{machineWords(worker)}</span>
      <span class="muted small tabular">
        {host}, process {pid}, version {version}
      </span>
    </div>
  );
}

function Health({ worker }: { worker: Worker }) {
  const { tone, icon, word } = lookOf(worker);
  return (
    <div class="health">
      <span class={`badge-state tone-${tone}`} data-state={word.toLowerCase()}>
        <Icon name={icon} />
        {word}
      </span>
      <span class="muted small tabular">heard {clock(worker.heartbeat_age_seconds)} ago</span>
    </div>
  );
}

function Work({ worker }: { worker: Worker }) {
  const outlook = outlookWords(worker);
  return (
    <div class="work">
      {worker.study_id !== "" && <Trained worker={worker} />}
      {outlook !== "" && <span class="muted small">{outlook}</span>}
    </div>
  );
}

function Trained({ worker }: { worker: Worker }) {
  const since = worker.since ? clock((Date.now() - Date.parse(worker.since)) / 1000) : null;
  const words = [workWords(worker), since && `for ${since}`].filter(Boolean);
  return (
    <>
      <a href={studyAddress(worker.study_id)}>{worker.study_name || "A study"}</a>
      <span class="muted small tabular" title={`Cohort ${worker.cohort_id}`}>
        {words.join(" · ")}
      </span>
    </>
  );
}

/** Nothing is lost by either, so neither asks first. The list says what came of it. */
function DrainButton({ worker, onChange }: { worker: Worker; onChange: () => void }) {
  const [isSent, setIsSent] = useState(false);
  const verb = worker.draining ? "resume" : "drain";
  async function tell(): Promise<void> {
    setIsSent(true);
    try {
      await tellWorker(worker.worker_id, verb);
    } catch (problem) {
      toast({ text: problem instanceof Error ? problem.message : String(problem), tone: "bad" });
    } finally {
      setIsSent(false);
      onChange();
    }
  }
  if (!worker.connected) return null;
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      aria-label={`${verb === "drain" ? "Drain" : "Resume"} ${worker.worker_id}`}
      title={verb === "drain" ? "It ends its cohort and takes no more" : "It takes cohorts again"}
      aria-disabled={isSent}
      onClick={() => {
        if (!isSent) void tell();
      }}
    >
      <Icon name={verb === "drain" ? "pause" : "play"} />
      {verb === "drain" ? "Drain" : "Resume"}
    </button>
  );
}
