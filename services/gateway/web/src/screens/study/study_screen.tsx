/** One study, live. */

import { useEffect, useMemo } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { metricName, score } from "../../format/metric";
import { isEndedStudy, STUDY_STATE_WORDS } from "../../format/words";
import { openStudy } from "../../state/study";
import type { StudyStore } from "../../state/study";
import type { StudyView } from "../../state/fold";
import { Announcer } from "../../ui/announcer";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { useThrottled, useTitle } from "../../ui/hooks";
import { Boundary } from "../../ui/panel";
import { BestPanel } from "./best_panel";
import { CurvesPanel } from "./curves_panel";
import { DepthPanel } from "./depth_panel";
import { Leaderboard } from "./leaderboard";
import { StudyHead } from "./study_head";
import { Summary } from "./summary";
import { TrialSheet } from "./trial/trial_sheet";
import { VerdictParts } from "./verdict/verdict_parts";
import { Winner } from "./winner";

// Lists and charts that change more often than this can't be read.
const BOARD_MS = 800;
const CHART_MS = 2_000;

export function StudyScreen({ studyId }: { studyId: string }) {
  const store = useMemo(() => openStudy(studyId), [studyId]);
  useEffect(() => store.close, [store]);
  const view = store.view.value;
  const error = store.error.value;
  if (view !== null) return <Loaded store={store} view={view} />;
  if (error instanceof ApiProblem && error.problem.status === 404) return <NoSuchStudy />;
  if (error !== null) return <ProblemNote error={error} onRetry={store.reload} />;
  return <Skeleton lines={8} label="Loading the study" />;
}

function Loaded({ store, view }: { store: StudyStore; view: StudyView }) {
  const board = useThrottled(view, BOARD_MS);
  const chart = useThrottled(view, CHART_MS);
  // The same element is not drawn again: what is slow to draw has a slower pace than the numbers.
  const leaderboard = useMemo(() => <Leaderboard view={board} />, [board]);
  const charts = useMemo(() => <Charts view={chart} />, [chart]);
  const { study } = view;
  const error = store.verdictError.value;
  const verdictParts = useMemo(
    () =>
      study.verdict === "off" ? null : (
        <VerdictParts view={board} error={error} onRetry={store.reload} />
      ),
    [board, error, store, study.verdict],
  );
  useTitle(`${STUDY_STATE_WORDS[study.state]} · ${study.name}`);
  return (
    <div class="stack loose">
      <StudyHead store={store} study={study} />
      {verdictParts ?? (isEndedStudy(study.state) && <Winner view={view} />)}
      <Summary store={store} view={view} />
      {charts}
      {leaderboard}
      <TrialSheet view={view} />
      <Announcer text={spoken(view)} />
    </div>
  );
}

function Charts({ view }: { view: StudyView }) {
  return (
    <Boundary>
      <div class="charts">
        <DepthPanel view={view} />
        <CurvesPanel view={view} />
        <BestPanel view={view} />
      </div>
    </Boundary>
  );
}

function spoken({ study, verdict }: StudyView): string {
  const { done, total } = study.progress;
  if (verdict) {
    const basis = verdict.is_final ? "Verdict" : "So far";
    return `${STUDY_STATE_WORDS[study.state]}. ${basis}: ${verdict.headline}`;
  }
  const best = study.best ? `, best ${metricName(study.metric)} ` : "";
  return (
    `${STUDY_STATE_WORDS[study.state]}: ${done} of ${total} designs done` +
    best +
    (study.best ? score(study.best.score_val, study.metric) : "")
  );
}

function NoSuchStudy() {
  useTitle("Not found");
  return (
    <Blank page icon="search" title="There is no such study" text="The link may be cut short.">
      <a class="btn btn-primary" href="/">
        To the studies
      </a>
    </Blank>
  );
}
