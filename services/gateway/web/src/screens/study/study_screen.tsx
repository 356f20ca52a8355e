/** One study, live. */

import { useEffect, useMemo } from "preact/hooks";
import { Unreachable } from "../../api/client";
import { studyAddress } from "../../router";
import type { StudyTab } from "../../router";
import { metricName, score } from "../../format/metric";
import { count } from "../../format/numbers";
import { STUDY_STATE_WORDS } from "../../format/words";
import { designsDone } from "../../state/progress";
import { selectionQuery } from "../../state/selection";
import { openStudy } from "../../state/study";
import type { StudyStore } from "../../state/study";
import type { StudyView } from "../../state/fold";
import { isMissing } from "../../state/study_snapshot";
import { Announcer } from "../../ui/announcer";
import { Blank, NoServer, ProblemNote, Skeleton } from "../../ui/blank";
import { useThrottled, useTitle } from "../../ui/hooks";
import { lazy } from "../../ui/lazy";
import { Boundary } from "../../ui/panel";
import { Tabs } from "../../ui/tabs";
import type { Tab } from "../../ui/tabs";
import { Leaderboard } from "./board/leaderboard";
import { OverviewTab } from "./overview/overview_tab";
import { StudyHead } from "./head/study_head";
import { TrialSheet } from "./trial/trial_sheet";

const PlotsTab = lazy(() => import("./plots/plots_tab").then((m) => m.PlotsTab), "Loading plots");
const CompareTab = lazy(
  () => import("./compare/compare_tab").then((m) => m.CompareTab),
  "Loading the comparison",
);
const ModelTab = lazy(() => import("./model/model_tab").then((m) => m.ModelTab), "Loading models");
const TrialPage = lazy(
  () => import("./trial/trial_page").then((m) => m.TrialPage),
  "Loading the trial",
);
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
  /** Its own page, in the place of the list of trials. */
  trial?: number;
}

export function StudyScreen({ studyId, tab, trial }: StudyScreenProps) {
  const store = useMemo(() => openStudy(studyId), [studyId]);
  useEffect(() => store.close, [store]);
  const view = store.view.value;
  const error = store.error.value;
  if (isMissing(error)) return <NoSuchStudy />;
  if (view !== null) return <Loaded store={store} view={view} tab={tab} trial={trial} />;
  if (error !== null) return <NotLoaded error={error} onRetry={store.reload} />;
  return <Skeleton lines={8} label="Loading the study" />;
}

interface LoadedProps {
  store: StudyStore;
  view: StudyView;
  tab: StudyTab;
  trial: number | undefined;
}

function Loaded({ store, view, tab, trial }: LoadedProps) {
  const board = useThrottled(view, BOARD_MS);
  const chart = useThrottled(view, CHART_MS);
  const { study } = view;
  // The same element is not drawn again: what is slow to draw has a slower pace than the numbers.
  const part = useMemo(() => {
    if (trial !== undefined) return <TrialPage view={board} number={trial} />;
    switch (tab) {
      case "overview":
        return <OverviewTab store={store} view={board} chart={chart} />;
      case "trials":
        return <Leaderboard view={board} />;
      case "plots":
        return <PlotsTab view={chart} />;
      case "compare":
        return <CompareTab view={board} />;
      case "model":
        return <ModelTab view={board} />;
      case "activity":
        return <ActivityTab study={board.study} />;
    }
  }, [tab, trial, board, chart, store]);
  useTitle(`${STUDY_STATE_WORDS[study.state]} · ${partWords(tab, trial)}${study.name}`);
  return (
    <div class="stack loose">
      <StudyHead store={store} study={study} />
      {store.error.value !== null && (
        <ProblemNote error={store.error.value} onRetry={store.reload} />
      )}
      <Tabs label="Parts of the study" tabs={tabsOf(view)} current={tab} />
      <Boundary key={`${tab} ${trial}`}>{part}</Boundary>
      <TrialSheet view={view} />
      <Announcer text={spoken(view)} />
    </div>
  );
}

/** For the title; nothing for the overview, which is the study itself. */
function partWords(tab: StudyTab, trial: number | undefined): string {
  if (trial !== undefined) return `Trial ${trial} · `;
  return tab === "overview" ? "" : `${tab.charAt(0).toUpperCase()}${tab.slice(1)} · `;
}

function tabsOf({ study, trials }: StudyView): Tab[] {
  const at = (tab: StudyTab): string =>
    studyAddress(study.study_id, tab, selectionQuery.value);
  return [
    { key: "overview", label: "Overview", href: at("overview") },
    { key: "trials", label: "Trials", href: at("trials"), count: count(trials.size) },
    { key: "plots", label: "Plots", href: at("plots") },
    { key: "compare", label: "Compare", href: at("compare") },
    { key: "model", label: "Model", href: at("model") },
    { key: "activity", label: "Activity", href: at("activity") },
  ];
}

function spoken({ study, verdict }: StudyView): string {
  const { total } = study.progress;
  if (verdict) {
    const basis = verdict.is_final ? "Verdict" : "So far";
    return `${STUDY_STATE_WORDS[study.state]}. ${basis}: ${verdict.headline}`;
  }
  const best = study.best ? `, best ${metricName(study.metric)} ` : "";
  return (
    `${STUDY_STATE_WORDS[study.state]}: ${designsDone(study)} of ${total} designs done` +
    best +
    (study.best ? score(study.best.score_val, study.metric) : "")
  );
}

function NotLoaded({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  useTitle("Study");
  if (error instanceof Unreachable) return <NoServer onRetry={onRetry} />;
  return (
    <div class="stack">
      <h1>Study</h1>
      <ProblemNote error={error} onRetry={onRetry} />
    </div>
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
