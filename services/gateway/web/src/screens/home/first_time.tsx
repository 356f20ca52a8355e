/** What stands here before there is a study: the shortest ways to the first one. */

import { useState } from "preact/hooks";
import { listSamples } from "../../api/client";
import { startStudyWith } from "../../state/handover";
import { useResource } from "../../state/resource";
import { ProblemNote } from "../../ui/blank";
import { DropArea } from "../../ui/drop_area";
import { Icon } from "../../ui/icons";
import { startDemo } from "./demo";
import { Samples } from "./samples";

export function FirstTime() {
  return (
    <>
      <div class="hero">
        <h1>Which network fits your table?</h1>
        <p>
          Drop a CSV, name the column to predict, and watch dozens of network designs train and
          compete, live.
        </p>
      </div>
      <DropArea onFile={startStudyWith} />
      <Demo />
      <section aria-labelledby="samples">
        <h2 class="section-title" id="samples">
          Or take one of these tables and choose for yourself
        </h2>
        <Samples />
      </section>
    </>
  );
}

function Demo() {
  const samples = useResource(listSamples, []);
  const [isStarting, setIsStarting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const sample = samples.value?.[0];
  if (!sample) return null;

  async function start(): Promise<void> {
    if (!sample) return;
    setIsStarting(true);
    setError(null);
    try {
      await startDemo(sample);
    } catch (problem) {
      setError(problem);
      setIsStarting(false);
    }
  }

  return (
    <div class="demo">
      <p>No table at hand?</p>
      <button
        type="button"
        class="btn btn-quiet btn-large"
        disabled={isStarting}
        aria-busy={isStarting}
        onClick={() => void start()}
      >
        <Icon name={isStarting ? "spinner" : "play"} />
        {isStarting ? "Starting…" : `Run a demo on ${sample.title}`}
      </button>
      {error !== null && <ProblemNote error={error} />}
    </div>
  );
}
