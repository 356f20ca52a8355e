/** Every plot of a study, linked by one selection. */

import { useMemo } from "preact/hooks";
import { isOfSearch } from "../../../state/fold";
import type { StudyView } from "../../../state/fold";
import { useThrottled } from "../../../ui/hooks";
import { Dropdown } from "../../../ui/dropdown";
import { Boundary } from "../../../ui/panel";
import { BestPanel } from "../best_panel";
import { FilterForm } from "../board/filter_form";
import { LeadersCurves } from "../curves_panel";
import { DepthPanel } from "../depth_panel";
import { BestEvaluation } from "./best_evaluation";
import { DistributionPanel } from "./distribution_panel";
import { HeatPanel } from "./heat_panel";
import { ImportancePlot } from "./importance_plot";
import { ParallelPanel } from "./parallel_panel";
import { ParetoPanel } from "./pareto_panel";
import { SelectionBar } from "./selection_bar";
import { SlicePanel } from "./slice_panel";
import { SurvivalPanel } from "./survival_panel";
import { TimelinePanel } from "./timeline_panel";

const REDRAW_MS = 2_000;

const PLOTS = [
  ["depth", "Time and layers", DepthPanel],
  ["curves", "Learning curves", LeadersCurves],
  ["best", "Best so far", BestPanel],
  ["parallel", "Parallel coordinates", ParallelPanel],
  ["importances", "Importances", ImportancePlot],
  ["pareto", "Pareto front", ParetoPanel],
  ["slices", "Slices", SlicePanel],
  ["heat", "Two choices", HeatPanel],
  ["distribution", "Distribution", DistributionPanel],
  ["evaluation", "Right and wrong", BestEvaluation],
  ["survival", "How long", SurvivalPanel],
  ["timeline", "Who and when", TimelinePanel],
] as const;

export function PlotsTab({ view: latest }: { view: StudyView }) {
  const view = useThrottled(latest, REDRAW_MS);
  const trials = useMemo(() => [...view.trials.values()].filter(isOfSearch), [view]);
  return (
    <div class="stack plots">
      <SelectionBar studyId={view.study.study_id} trials={trials}>
        <Dropdown label="Filter" icon="filter">
          <FilterForm trials={trials} />
        </Dropdown>
      </SelectionBar>
      <nav class="plot-contents" aria-label="Plots">
        {PLOTS.map(([id, name]) => (
          <a key={id} href={`#plot-${id}`}>
            {name}
          </a>
        ))}
      </nav>
      {PLOTS.map(([id, , Plot]) => (
        <div key={id} id={`plot-${id}`} class="plot-place">
          <Boundary>
            <Plot view={view} />
          </Boundary>
        </div>
      ))}
    </div>
  );
}
