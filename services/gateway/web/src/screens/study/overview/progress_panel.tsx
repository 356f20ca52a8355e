/** How far the study is: designs, time, and what was predicted of it. */

import type { Study, StudyEstimate } from "../../../api/types";
import { count } from "../../../format/numbers";
import { clock, etaRange, spanWords } from "../../../format/time";
import { isEndedStudy } from "../../../format/words";
import { designsDone } from "../../../state/progress";
import type { StudyView } from "../../../state/fold";
import type { StudyStore } from "../../../state/study";
import { useNow } from "../../../ui/hooks";
import { Meter } from "../../../ui/meter";
import { PhaseSteps } from "../verdict/phase_steps";

interface ProgressPanelProps {
  store: StudyStore;
  view: StudyView;
}

export function ProgressPanel({ store, view }: ProgressPanelProps) {
  const { study } = view;
  const { progress } = study;
  const ended = isEndedStudy(study.state);
  const cancelled = progress.cancelled ?? 0;
  const done = designsDone(study);
  return (
    <section class="panel progress-panel" aria-label="Progress">
      <div class="progress-head">
        <p>
          <span class="big" data-testid="done">
            {count(done)}
          </span>{" "}
          <span class="muted">of {count(progress.total)} designs</span>
        </p>
        {study.state === "SUCCEEDED" && view.verdict === null && (
          <p class="muted small">{study.detail}</p>
        )}
        {!ended && progress.eta_low_seconds !== null && (
          <p data-testid="eta">
            {etaRange(progress.eta_low_seconds, progress.eta_high_seconds)}{" "}
            <span class="muted">left</span>
          </p>
        )}
        {isPreparing(study) && (
          <p class="muted small">preparing the table, or in the first epoch</p>
        )}
      </div>
      <Meter study={study} />
      {study.verdict !== "off" && !ended && <PhaseSteps view={view} />}
      <dl class="progress-numbers">
        <div>
          <dt>Elapsed</dt>
          <dd>
            <Elapsed store={store} study={study} />
          </dd>
        </div>
        <div>
          <dt>{ended ? "Failed" : "Training now"}</dt>
          <dd>{count(ended ? countFailed(view) : progress.running)}</dd>
        </div>
        {cancelled > 0 && (
          <div>
            <dt>Cancelled</dt>
            <dd>{count(cancelled)}</dd>
          </div>
        )}
        <div>
          <dt>Time budget</dt>
          <dd>{study.budget.time_seconds ? clock(study.budget.time_seconds) : "none"}</dd>
        </div>
        <div>
          <dt>Most epochs</dt>
          <dd>{study.budget.max_epochs ?? "–"}</dd>
        </div>
        {study.estimate && <Predicted estimate={study.estimate} />}
      </dl>
    </section>
  );
}

function isPreparing({ state, progress }: Study): boolean {
  return state === "RUNNING" && progress.running > 0 && progress.done === 0;
}

/** What was predicted before it began, and at the end whether it was right. */
function Predicted({ estimate }: { estimate: StudyEstimate }) {
  const { seconds_low: low, seconds_high: high, actual_seconds: actual } = estimate;
  const isWithin = actual !== null && low <= actual && actual <= high;
  return (
    <div data-testid="predicted">
      <dt>Predicted</dt>
      <dd>
        {spanWords(low, high)}
        {actual !== null && (
          <span class="muted small"> {isWithin ? "· it was" : `· it took ${clock(actual)}`}</span>
        )}
      </dd>
    </div>
  );
}

/** Of the search's trials, as the progress counts. */
function countFailed(view: StudyView): number {
  const trials = [...view.trials.values()];
  return trials.filter(({ purpose, state }) => purpose === "search" && state === "FAILED").length;
}

/** Ticks between what the server says. */
function Elapsed({ store, study }: { store: StudyStore; study: Study }) {
  const ticks = !isEndedStudy(study.state);
  const now = useNow(ticks);
  const since = ticks ? Math.max(0, now - store.elapsedAt.value) / 1000 : 0;
  return <>{clock(study.progress.elapsed_seconds + since)}</>;
}
