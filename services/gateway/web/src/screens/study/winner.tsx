/** The verdict at the end: the winner, and its one look at the test rows. */

import { metricName, score } from "../../format/metric";
import { designSummary } from "../../format/words";
import type { StudyView } from "../../state/fold";
import { Icon } from "../../ui/icons";

export function Winner({ view }: { view: StudyView }) {
  const { study } = view;
  const finalist = [...view.trials.values()].find((trial) => trial.score_test !== null);
  const winner = finalist ?? study.best;
  if (!winner) return null;
  const metric = metricName(study.metric);
  return (
    <section class="panel winner" aria-label="Winner">
      <span class="medal">
        <Icon name="trophy" />
      </span>
      <div>
        <p class="eyebrow">
          Trial {winner.number} {finalist ? "wins" : "did best until then"}
        </p>
        <h2>{designSummary(winner.design)}</h2>
        <p>
          {finalist
            ? "The test rows were touched once, by this design, after the search was over. So the " +
              "test score is an honest guess of what to expect on new rows; the validation score, " +
              "which picked the winner, tends to flatter it."
            : "No test score was measured: the search did not run to its end."}
        </p>
      </div>
      <div class="scores">
        <div>
          <p class="eyebrow">Validation {metric}</p>
          <div class="figure muted">{score(winner.score_val, study.metric)}</div>
        </div>
        {finalist && (
          <div>
            <p class="eyebrow">Test {metric}</p>
            <div class="figure" data-testid="test-score">
              {score(finalist.score_test, study.metric)}
            </div>
          </div>
        )}
      </div>
    </section>
  );
}
