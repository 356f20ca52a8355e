/** Where the best design is right and where it is wrong: the winner's test, once there was one. */

import { trialAddress } from "../../../router";
import { selectionQuery } from "../../../state/selection";
import type { StudyView } from "../../../state/fold";
import { Blank } from "../../../ui/blank";
import { Panel } from "../../../ui/panel";
import { winnerOf } from "../model/kept";
import { EvaluationPanel } from "../trial/evaluation_panel";

export function BestEvaluation({ view }: { view: StudyView }) {
  const { study } = view;
  const best = winnerOf(view);
  if (best && best.score_test !== null) return <EvaluationPanel study={study} trial={best} />;
  return (
    <Panel title="Right and wrong" subtitle="Of the best design">
      <Blank
        icon="chart"
        title="Not tested yet"
        text="The winner is, at the end. Any other design can be evaluated on its own page."
      >
        {best && (
          <a
            class="btn btn-quiet"
            href={trialAddress(study.study_id, best.number, selectionQuery.value)}
          >
            To trial {best.number}, the best so far
          </a>
        )}
      </Blank>
    </Panel>
  );
}
