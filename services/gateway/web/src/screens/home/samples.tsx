/** Bundled tables. One click sends them down the same road as anybody's own. */

import { useState } from "preact/hooks";
import { downloadSample, listSamples } from "../../api/client";
import type { Sample } from "../../api/types";
import { counted } from "../../format/numbers";
import { startStudyWith } from "../../state/handover";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { Chip } from "../../ui/icons";

export function Samples() {
  const samples = useResource(listSamples, []);
  const [fetching, setFetching] = useState("");
  const [error, setError] = useState<unknown>(null);

  async function start(sample: Sample): Promise<void> {
    setFetching(sample.name);
    setError(null);
    try {
      startStudyWith(await downloadSample(sample.name));
    } catch (problem) {
      setError(problem);
      setFetching("");
    }
  }

  if (samples.error !== null) return <ProblemNote error={samples.error} onRetry={samples.reload} />;
  if (samples.value === null) return <Skeleton lines={3} label="Loading the samples" />;
  return (
    <div class="stack">
      {error !== null && <ProblemNote error={error} />}
      <div class="samples">
        {samples.value.map((sample) => (
          <button
            key={sample.name}
            type="button"
            class="sample"
            data-sample={sample.name}
            disabled={fetching !== ""}
            aria-busy={fetching === sample.name}
            onClick={() => void start(sample)}
          >
            <strong>{sample.title}</strong>
            <span class="muted small">{sample.description}</span>
            <span class="facts">
              <Chip tone="accent">{sample.task}</Chip>
              <Chip>
                {counted(sample.rows, "row")} × {sample.columns}
              </Chip>
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}
