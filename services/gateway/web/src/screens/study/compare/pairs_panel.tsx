/** How sure one can be of the differences: what the verdict says of each pair, and of which none. */

import type { Verdict } from "../../../api/verdict";
import type { LiveTrial } from "../../../state/fold";
import { Panel } from "../../../ui/panel";
import { pairsOf } from "./pairs";
import type { Pairs } from "./pairs";

interface PairsPanelProps {
  verdict: Verdict | null;
  trials: readonly LiveTrial[];
}

export function PairsPanel({ verdict, trials }: PairsPanelProps) {
  const pairs = pairsOf(verdict, trials);
  return (
    <Panel title="How sure the difference is">
      {pairs.known.length > 0 && (
        <ul class="pair-list">
          {pairs.known.map(({ first, second, sentence }) => (
            <li key={`${first} ${second}`}>{sentence}</li>
          ))}
        </ul>
      )}
      <Caution pairs={pairs} />
    </Panel>
  );
}

function Caution({ pairs: { known, once, finalists } }: { pairs: Pairs }) {
  if (once.length > 0) {
    const [who, was] =
      once.length === 1
        ? [`Trial ${once[0]}`, "was trained once, on one split"]
        : [`Trials ${listed(once)}`, "were trained once each, on one split"];
    return (
      <p class="muted">
        {who} {was}: how much of a difference in score is chance, that cannot tell. The finals train
        the best designs again on other splits.
      </p>
    );
  }
  if (known.length < finalists - 1) {
    return <p class="muted">The verdict compares each finalist with the winner only.</p>;
  }
  return null;
}

function listed(numbers: readonly number[]): string {
  return `${numbers.slice(0, -1).join(", ")} and ${numbers.at(-1)}`;
}
