/** A study at a glance: the answer first, then how it goes, then why. */

import { isEndedStudy } from "../../../format/words";
import type { StudyView } from "../../../state/fold";
import type { StudyStore } from "../../../state/study";
import { Boundary } from "../../../ui/panel";
import { BestPanel } from "../best_panel";
import { LeadersCurves } from "../curves_panel";
import { DepthPanel } from "../depth_panel";
import { Leaderboard } from "../board/leaderboard";
import { VerdictPanel } from "../verdict/verdict_panel";
import { VerdictReasons } from "../verdict/verdict_reasons";
import { Winner } from "../winner";
import { BestBox } from "./best_box";
import { ProgressPanel } from "./progress_panel";
import { TrainingPanel } from "./training_panel";

interface OverviewTabProps {
  store: StudyStore;
  view: StudyView;
  /** The same, at the pace of charts. */
  chart: StudyView;
}

export function OverviewTab({ store, view, chart }: OverviewTabProps) {
  const { verdict } = view;
  return (
    <>
      <Answer store={store} view={view} />
      <HowItGoes store={store} view={view} />
      {verdict && <VerdictReasons verdict={verdict} />}
      <Boundary>
        <div class="charts">
          <DepthPanel view={chart} />
          <LeadersCurves view={chart} />
          <BestPanel view={chart} />
        </div>
      </Boundary>
      <Leaderboard view={view} />
    </>
  );
}

interface PartProps {
  store: StudyStore;
  view: StudyView;
}

function Answer({ store, view }: PartProps) {
  const { study, verdict } = view;
  const error = store.verdictError.value;
  if (study.verdict === "off") return isEndedStudy(study.state) ? <Winner view={view} /> : null;
  // While there is none, how it goes says more.
  if (verdict === null && error === null && !isEndedStudy(study.state)) return null;
  return (
    <Boundary>
      <VerdictPanel view={view} error={error} onRetry={store.reload} />
    </Boundary>
  );
}

function HowItGoes({ store, view }: PartProps) {
  const { study, verdict } = view;
  if (isEndedStudy(study.state)) return <ProgressPanel store={store} view={view} />;
  const awaitsVerdict = study.verdict !== "off" && verdict === null;
  return (
    <>
      <div class="summary">
        <BestBox view={view} />
        <ProgressPanel store={store} view={view} />
      </div>
      <TrainingPanel view={view} />
      {awaitsVerdict && store.verdictError.value === null && (
        <Boundary>
          <VerdictPanel view={view} error={null} onRetry={store.reload} />
        </Boundary>
      )}
    </>
  );
}
