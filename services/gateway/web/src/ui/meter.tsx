/** How much of a study is done. */

import type { Study } from "../api/types";
import { designsDone } from "../state/progress";

const LOOKS: Partial<Record<Study["state"], string>> = {
  SUCCEEDED: "done",
  SUSPENDED: "paused",
  STOPPING: "paused",
  FAILED: "bad",
  CANCELLED: "bad",
};

export function Meter({ study }: { study: Study }) {
  const done = designsDone(study);
  const { total } = study.progress;
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return (
    <div
      class={`meter ${LOOKS[study.state] ?? ""}`}
      role="progressbar"
      aria-label="Designs done"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={`${done} of ${total} designs`}
    >
      <div style={{ width: `${share * 100}%` }} />
    </div>
  );
}
