/** The best design so far: its score, what it is, and how the score grew. */

import { metricName, score } from "../../../format/metric";
import { compact } from "../../../format/numbers";
import { designSummary } from "../../../format/words";
import { trialAddress } from "../../../router";
import type { StudyView } from "../../../state/fold";
import { LayerGlyph } from "../../../ui/icons";
import { BestSpark } from "./spark";

export function BestBox({ view }: { view: StudyView }) {
  const { study } = view;
  const { best, metric } = study;
  return (
    <section class="panel best-box" aria-label="Best design">
      <p class="eyebrow">Best so far, validation {metricName(metric)}</p>
      <p class="big-number" data-testid="best-score">
        {score(best?.score_val, metric)}
      </p>
      {best ? (
        <p class="best-design">
          <LayerGlyph hidden={best.design.hidden} />
          <span>
            {designSummary(best.design)}
            <span class="muted">
              {" "}
              · <a href={trialAddress(study.study_id, best.number)}>trial {best.number}</a> ·{" "}
              {compact(best.n_params)} parameters
            </span>
          </span>
        </p>
      ) : (
        <p class="best-design muted">The first design that ends appears here.</p>
      )}
      <BestSpark view={view} />
    </section>
  );
}
