/** The trial's receipt: everything that its result depends on. Fetched when it is opened. */

import { useState } from "preact/hooks";
import { ApiProblem, getReceipt } from "../../../api/client";
import type { Trial, TrialReceipt } from "../../../api/types";
import { useResource } from "../../../state/resource";
import { ProblemNote, Skeleton } from "../../../ui/blank";

interface ReceiptBoxProps {
  studyId: string;
  trial: Trial;
}

export function ReceiptBox(props: ReceiptBoxProps) {
  const [open, setOpen] = useState(false);
  return (
    <details class="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Receipt: data, split, seed, versions and machine</summary>
      {open && <Receipt {...props} />}
    </details>
  );
}

function Receipt({ studyId, trial }: ReceiptBoxProps) {
  const receipt = useResource(() => getReceipt(studyId, trial.number), [studyId, trial.number]);
  if (receipt.error instanceof ApiProblem && receipt.error.problem.code === "no_receipt") {
    return <p class="muted small">There is one when all trials of its cohort have ended.</p>;
  }
  if (receipt.error !== null) {
    return <ProblemNote error={receipt.error} onRetry={receipt.reload} />;
  }
  if (receipt.value === null) return <Skeleton lines={4} label="Loading the receipt" />;
  return <Lines receipt={receipt.value} />;
}

function Lines({ receipt }: { receipt: TrialReceipt }) {
  const lines: [string, string][] = [
    ["dataset", receipt.dataset_id],
    ["split", receipt.split_sha256],
    ["preparation", `${receipt.recipe}, ${receipt.recipe_sha256}`],
    ["seed", String(receipt.seed)],
    ["repeat", String(receipt.repeat)],
    ["share of rows", String(receipt.share)],
    ["engine", receipt.engine],
    ["versions", pairs(receipt.versions)],
    ["machine", pairs(receipt.machine)],
  ];
  return (
    <dl class="receipt" data-testid="receipt">
      {lines.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function pairs(values: Record<string, string>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");
}
