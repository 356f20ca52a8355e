/** What the study will take, as the server has it: a probe trains a few designs for seconds. */

import type { Estimate } from "../../api/types";
import { bytes, count } from "../../format/numbers";
import { spanWords } from "../../format/time";
import { refusalOf } from "../../state/draft_checks";
import { Icon } from "../../ui/icons";
import type { Asked } from "./use_estimate";

export function EstimateBox({ asked }: { asked: Asked }) {
  return (
    <div class={asked.isCurrent ? "estimate" : "estimate stale"}>
      <h2>What it will take</h2>
      {asked.estimate && <Answer estimate={asked.estimate} />}
      <div class="small muted" role="status">
        <Status asked={asked} />
      </div>
    </div>
  );
}

function Status({ asked }: { asked: Asked }) {
  if (!asked.canAsk) return <p>Once everything is settled, a few designs are tried to tell.</p>;
  if (asked.refusal) return <Refusal asked={asked} />;
  if (asked.isUnknown) {
    return (
      <p>
        It can’t be told now; the study can start without.{" "}
        <button type="button" class="link-button" onClick={asked.askAgain}>
          Try again
        </button>
      </p>
    );
  }
  if (asked.isCurrent) return <p>Told by training a few designs of this space on this table.</p>;
  return (
    <p>
      <Icon name="spinner" /> {asked.busy ? "Trying a few designs" : "Waiting for you to finish"}
    </p>
  );
}

/** A refusal of a field stands there; only what is about none stands here in full. */
function Refusal({ asked: { refusal } }: { asked: Asked }) {
  if (refusal === null) return null;
  if (refusalOf(refusal) !== null) return <p>The server refuses it as it is; see the field.</p>;
  return (
    <p class="text-bad">
      {refusal.detail} {refusal.hint}
    </p>
  );
}

function Answer({ estimate }: { estimate: Estimate }) {
  return (
    <dl data-testid="estimate">
      <dt>Time</dt>
      <dd>{spanWords(estimate.seconds.low, estimate.seconds.high)}</dd>
      <dt>Memory</dt>
      <dd>{memoryWords(estimate)}</dd>
      <dt>Designs tried</dt>
      <dd>
        {estimate.is_rough && "roughly "}
        {count(estimate.trials)}
      </dd>
      <dt>Designs in the space</dt>
      <dd>{estimate.designs === null ? "without end" : count(estimate.designs)}</dd>
    </dl>
  );
}

export function memoryWords({ bytes: range }: Estimate): string {
  const [low, high] = [bytes(range.low), bytes(range.high)];
  return low === high ? low : `${low} to ${high}`;
}
