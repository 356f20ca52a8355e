/** Step 3: how widely and how long to search, and how designs are judged. */

import type { Preset } from "../../api/types";
import type { StepProps } from "./columns_step";
import { EstimateBox } from "./estimate_box";
import { JudgingPanel } from "./judging_panel";
import { MorePanel } from "./more_panel";
import { SearchPanel } from "./search_panel";
import { SpacePanel } from "./space_panel";
import type { Asked } from "./use_estimate";

interface SearchStepProps extends StepProps {
  presets: readonly Preset[];
  asked: Asked;
}

export function SearchStep({ presets, asked, ...step }: SearchStepProps) {
  return (
    <div class="new-study">
      <div class="stack loose">
        <SearchPanel {...step} presets={presets} />
        <SpacePanel {...step} presets={presets} />
        <JudgingPanel {...step} />
        <MorePanel {...step} />
      </div>
      <aside class="stack" aria-label="Estimate">
        <section class="panel">
          <div class="panel-body">
            <EstimateBox asked={asked} />
          </div>
        </section>
      </aside>
    </div>
  );
}
