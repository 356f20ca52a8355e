/** One study, live. */

import { useEffect, useMemo } from "preact/hooks";
import { studyAddress } from "../../router";
import type { StudyTab } from "../../router";
import { metricName, score } from "../../format/metric";
import { count } from "../../format/numbers";
import { isEndedStudy, STUDY_STATE_WORDS } from "../../format/words";
import { openTrial } from "../../state/opened";
import { selectionQuery } from "../../state/selection";
import { openStudy } from "../../state/study";
import type { StudyStore } from "../../state/study";
import type { StudyView } from "../../state/fold";
import { isMissing } from "../../state/study_snapshot";
import { Announcer } from "../../ui/announcer";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { useThrottled, useTitle } from "../../ui/hooks";
import { lazy } from "../../ui/lazy";
import { Boundary } from "../../ui/panel";
import { Tabs } from "../../ui/tabs";
import type { Tab } from "../../ui/tabs";
import { BestPanel } from "./best_panel";
import { CurvesPanel } from "./curves_panel";
import { DepthPanel } from "./depth_panel";
import { Leaderboard } from "./leaderboard";
import { StudyHead } from "./study_head";
import { Summary } from "./summary";
import { TrialSheet } from "./trial/trial_sheet";
import { VerdictParts } from "./verdict/verdict_parts";
import { Winner } from "./winner";

const PlotsTab = lazy(() => import("./plots/plots_tab").then((m) => m.PlotsTab), "Loading plots");
const ActivityTab = lazy(
  () => import("./activity/activity_tab").then((m) => m.ActivityTab),
  "Loading what happened",
);

// Lists and charts that change more often than this can't be read.
const BOARD_MS = 800;
const CHART_MS = 2_000;

interface StudyScreenProps {
  studyId: string;
  tab: StudyTab;
  /** Looked at closely, before the list of trials. */
  trial?: number;
}

export function StudyScreen({ studyId, tab, trial }: StudyScreenProps) {
  const store = useMemo(() => openStudy(studyId), [studyId]);
  useEffect(() => store.close, [store]);
  const view = store.view.value;
  const error = store.error.value;
  useEffect(() => {
    if (trial !== undefined) openTrial(trial);
  }, [trial]);
  if (isMissing(error)) return <NoSuchStudy />;
  if (view !== null) return <Loaded store={store} view={view} tab={tab} />;
  if (error !== null) return <ProblemNote error={error} onRetry={store.reload} />;
  return <Skeleton lines={8} label="Loading the study" />;
}

interface LoadedProps {
  store: StudyStore;
  view: StudyView;
  tab: StudyTab;
}

function Loaded({ store, view, tab }: LoadedProps) {
  const board = useThrottled(view, BOARD_MS);
  const chart = useThrottled(view, CHART_MS);
  const { study } = view;
  const error = store.verdictError.value;
  // The same element is not drawn again: what is slow to draw has a slower pace than the numbers.
  const part = useMemo(() => {
    switch (tab) {
      case "trials":
        return <Leaderboard view={board} />;
      case "plots":
        return <PlotsTab view={chart} />;
      case "activity":
        return <ActivityTab study={board.study} />;
      default:
        return <Overview view={board} chart={chart} error={error} onRetry={store.reload} />;
    }
  }, [tab, board, chart, error, store]);
  useTitle(`${STUDY_STATE_WORDS[study.state]} · ${study.name}`);
  return (
    <div class="stack loose">
      <StudyHead store={store} study={study} />
      {store.error.value !== null && (
        <ProblemNote error={store.error.value} onRetry={store.reload} />
      )}
      <Tabs label="Parts of the study" tabs={tabsOf(view)} current={tab} />
      {tab === "overview" && <Summary store={store} view={view} />}
      {part}
      <TrialSheet view={view} />
      <Announcer text={spoken(view)} />
    </div>
  );
}

function tabsOf({ study, trials }: StudyView): Tab[] {
  const at = (tab: StudyTab): string =>
    studyAddress(study.study_id, tab, selectionQuery.value);
  return [
    { key: "overview", label: "Overview", href: at("overview") },
    { key: "trials", label: "Trials", href: at("trials"), count: count(trials.size) },
    { key: "plots", label: "Plots", href: at("plots") },
    { key: "activity", label: "Activity", href: at("activity") },
  ];
}

interface OverviewProps {
  view: StudyView;
  /** The same, at the pace of charts. */
  chart: StudyView;
  error: unknown;
  onRetry: () => void;
}

/** The answer first, then why. */
function Overview({ view, chart, error, onRetry }: OverviewProps) {
  const { study } = view;
  return (
    <>
      {study.verdict !== "off" ? (
        <VerdictParts view={view} error={error} onRetry={onRetry} />
      ) : (
        isEndedStudy(study.state) && <Winner view={view} />
      )}
      <Charts view={chart} />
      <Leaderboard view={view} />
    </>
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
