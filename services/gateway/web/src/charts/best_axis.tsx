/** What the best score is drawn against, designs or time; `?best=time` says which. */

import type { Study } from "../api/types";
import { query, setQuery } from "../router";
import type { EndedTrial } from "./best_so_far";

export function isOverTime(): boolean {
  return query.value.get("best") === "time";
}

export function axisTitle(overTime: boolean): string {
  return overTime ? "Seconds since the study began" : "Designs";
}

/** Where the trial stands that ended as number `index`, from 0. */
export function placeOf(
  { trial }: EndedTrial,
  index: number,
  study: Pick<Study, "started_at" | "created_at">,
  overTime: boolean,
): number {
  if (!overTime) return index + 1;
  return (Date.parse(trial.ended_at ?? "") - Date.parse(study.started_at ?? study.created_at)) / 1000;
}

export function OverWhat({ overTime }: { overTime: boolean }) {
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      onClick={() => setQuery({ best: overTime ? null : "time" }, { replace: true })}
    >
      {overTime ? "By designs" : "By time"}
    </button>
  );
}
