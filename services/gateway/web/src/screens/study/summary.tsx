/** The two things that everybody looks for: the best so far, and how long it still takes. */

import type { Study } from "../../api/types";
import { compact, count, metricName, score } from "../../format/numbers";
import { clock, etaRange } from "../../format/time";
import { designSummary, isEndedStudy } from "../../format/words";
import type { StudyStore } from "../../state/study";
import { useNow } from "../../ui/hooks";
import { LayerGlyph } from "../../ui/icons";
import { Meter } from "../../ui/meter";

export function Summary({ store, study }: { store: StudyStore; study: Study }) {
  // At the end the winner has a panel of its own.
  if (isEndedStudy(study.state)) return <ProgressPanel store={store} study={study} />;
  return (
    <div class="summary">
      <Best study={study} />
      <ProgressPanel store={store} study={study} />
    </div>
  );
}

function Best({ study }: { study: Study }) {
  const { best } = study;
  return (
    <section class="panel" aria-label="Best so far">
      <p class="eyebrow">
        Best so far, validation {metricName(study.metric)}
      </p>
      <p class="big-number" data-testid="best-score">
        {score(best?.score_val, study.metric)}
      </p>
      {best ? (
        <p class="best-design">
          <LayerGlyph hidden={best.design.hidden} />
          <span>
            {designSummary(best.design)}
            <span class="muted">
              {" "}
              · trial {best.number} · {compact(best.n_params)} parameters
            </span>
          </span>
        </p>
      ) : (
        <p class="best-design muted">The first design that ends appears here.</p>
      )}
    </section>
  );
}

function ProgressPanel({ store, study }: { store: StudyStore; study: Study }) {
  const { progress } = study;
  const ended = isEndedStudy(study.state);
  return (
    <section class="panel progress-panel" aria-label="Progress">
      <div class="progress-head">
        <p>
          <span class="big" data-testid="done">
            {count(progress.done)}
          </span>{" "}
          <span class="muted">of {count(progress.total)} designs</span>
        </p>
        {!ended && progress.eta_high_seconds !== null && (
          <p data-testid="eta">
            {etaRange(progress.eta_low_seconds, progress.eta_high_seconds)}{" "}
            <span class="muted">left</span>
          </p>
        )}
      </div>
      <Meter study={study} />
      <dl class="progress-numbers">
        <div>
          <dt>Elapsed</dt>
          <dd>
            <Elapsed store={store} study={study} />
          </dd>
        </div>
        <div>
          <dt>Training now</dt>
          <dd>{count(progress.running)}</dd>
        </div>
        <div>
          <dt>Time budget</dt>
          <dd>{study.budget.time_seconds ? clock(study.budget.time_seconds) : "none"}</dd>
        </div>
        <div>
          <dt>Most epochs</dt>
          <dd>{study.budget.max_epochs ?? "–"}</dd>
        </div>
      </dl>
    </section>
  );
}

/** Ticks between what the server says. */
function Elapsed({ store, study }: { store: StudyStore; study: Study }) {
  const ticks = !isEndedStudy(study.state);
  const now = useNow(ticks);
  const since = ticks ? Math.max(0, now - store.elapsedAt.value) / 1000 : 0;
  return <>{clock(study.progress.elapsed_seconds + since)}</>;
}
