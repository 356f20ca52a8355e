/** What the study will take, asked of the server: a probe trains a few designs for seconds. */

import type { Estimate } from "../../api/types";
import { bytes, count } from "../../format/numbers";
import { spanWords } from "../../format/time";
import { Icon } from "../../ui/icons";
import type { Asked } from "./use_estimate";

export function EstimateBox({ asked, disabled }: { asked: Asked; disabled: boolean }) {
  if (asked.unknown) return null;
  return (
    <div class="estimate" role="status">
      {asked.estimate ? (
        <Answer estimate={asked.estimate} />
      ) : (
        <button
          type="button"
          class="btn btn-quiet"
          disabled={disabled || asked.busy}
          onClick={asked.ask}
        >
          <Icon name={asked.busy ? "spinner" : "clock"} />
          {asked.busy ? "Trying a few designs" : "What will it take?"}
        </button>
      )}
      {asked.problem && <p class="text-bad small">{asked.problem}</p>}
    </div>
  );
}

function Answer({ estimate }: { estimate: Estimate }) {
  return (
    <dl data-testid="estimate">
      <dt>Takes</dt>
      <dd>{spanWords(estimate.seconds.low, estimate.seconds.high)}</dd>
      <dt>Memory</dt>
      <dd>{memoryWords(estimate)}</dd>
      <dt>Search</dt>
      <dd>
        {estimate.is_rough && "roughly "}
        {count(estimate.trials)} designs
      </dd>
    </dl>
  );
}

function memoryWords({ bytes: range }: Estimate): string {
  const [low, high] = [bytes(range.low), bytes(range.high)];
  return low === high ? low : `${low} to ${high}`;
}
