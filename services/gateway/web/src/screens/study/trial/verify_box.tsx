/** Trains the trial again and compares: to the last bit on the same kind of machine. */

import { useRef, useState } from "preact/hooks";
import { verifyTrial } from "../../../api/client";
import type { Metric, Trial, Verification } from "../../../api/types";
import { metricName, score } from "../../../format/metric";
import { newKey } from "../../../state/key";
import { ProblemNote } from "../../../ui/blank";
import { Icon } from "../../../ui/icons";
import type { IconName, Tone } from "../../../ui/icons";

interface VerifyBoxProps {
  studyId: string;
  trial: Trial;
  metric: Metric;
}

export function VerifyBox({ studyId, trial, metric }: VerifyBoxProps) {
  const [answer, setAnswer] = useState<Verification | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // A retry after a broken connection must not train it twice.
  const key = useRef(newKey());

  async function verify(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      setAnswer(await verifyTrial(studyId, trial.number, key.current, setAnswer));
      key.current = newKey();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }

  return (
    <div class="stack">
      <div class="row">
        <button type="button" class="btn btn-quiet" disabled={busy} onClick={() => void verify()}>
          <Icon name={busy ? "spinner" : "check"} />
          {busy ? "Training again" : "Train again and compare"}
        </button>
        <span class="muted small">With the same rows, design and seed.</span>
      </div>
      <div role="status">
        {answer && answer.state !== "RUNNING" && <Answer answer={answer} metric={metric} />}
      </div>
      {error !== null && <ProblemNote error={error} />}
    </div>
  );
}

const LOOKS: Record<Verification["state"], [Tone, IconName, string]> = {
  RUNNING: ["accent", "spinner", "Training again"],
  MATCHES: ["good", "check", "The same result again"],
  DIFFERS: ["warn", "warning", "Another result"],
  FAILED: ["bad", "cross", "It could not be trained again"],
};

function Answer({ answer, metric }: { answer: Verification; metric: Metric }) {
  const [tone, icon, title] = LOOKS[answer.state];
  return (
    <div class={`note tone-${tone}`} data-verification={answer.state}>
      <Icon name={icon} />
      <strong>{title}</strong>
      {answer.got && (
        <p>
          Validation {metricName(metric)} {score(answer.got.score_val, metric)}, recorded{" "}
          {score(answer.expected.score_val, metric)}; {answer.got.epochs} epochs, recorded{" "}
          {answer.expected.epochs}.
        </p>
      )}
      {answer.differences.map((each) => (
        <p key={each}>{each}</p>
      ))}
      {answer.same_machine === false && (
        <p>Versions or kernels are not those of the first time, so the last digits may differ.</p>
      )}
      {answer.detail && <p>{answer.detail}</p>}
    </div>
  );
}
