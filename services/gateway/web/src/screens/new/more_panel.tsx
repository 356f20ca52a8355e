/** What few studies need: limits, designs of one's own, engine, seed, early drops, a name. */

import type { Engine } from "../../api/types";
import type { Draft } from "../../state/draft";
import { Choices } from "../../ui/fields";
import { Panel } from "../../ui/panel";
import { FieldComplaint, TextField } from "./draft_fields";
import type { DraftProps } from "./draft_fields";
import { OwnDesignsField } from "./own_designs_field";

const ENGINES: [Engine, string, string][] = [
  ["fused", "Fused", "Many designs at once in one job. The fast one."],
  ["keras", "Keras", "One Keras model after another, for comparison."],
];

const HALVINGS: [Draft["halving"], string, string][] = [
  [
    "auto",
    "Drop weak designs early",
    "Designs that train together are compared after a few epochs, and again later (Hyperband). " +
      "With few epochs nothing is dropped.",
  ],
  ["own", "By your own rule", "How many go on at each comparison, and when the first one is."],
  ["off", "Train each to its end", "Slower; every design shows the best it can do."],
];

export function MorePanel(props: DraftProps) {
  const { draft, change, complaints } = props;
  return (
    <Panel title="More" subtitle="What is here can stay as it is">
      <div class="stack loose">
        <div class="settings-grid">
          <TextField {...props} field="name" label="Name" placeholder="optional" />
          <TextField
            {...props}
            field="seed"
            label="Seed"
            help="The same seed proposes the same designs on the same split."
          />
          <TextField
            {...props}
            field="maxParams"
            label="Most parameters"
            placeholder="no limit"
            help="Larger designs are not tried."
          />
          <TextField
            {...props}
            field="maxTrialSeconds"
            label="Longest training"
            unit="s"
            placeholder="no limit"
            help="Designs that are predicted to take longer on one core are not tried."
          />
        </div>
        <OwnDesignsField {...props} />
        <Choices
          label="Weak designs"
          group="halving"
          value={draft.halving}
          options={HALVINGS}
          onChoose={(halving) => change({ halving })}
        />
        <FieldComplaint complaints={complaints} field="halving" />
        {draft.halving === "own" && (
          <div class="settings-grid">
            <TextField
              {...props}
              field="halvingFactor"
              label="Keep one in"
              help="3: the best third goes on each time."
            />
            <TextField {...props} field="halvingEpochs" label="First after" unit="epochs" />
          </div>
        )}
        <Choices
          label="Engine"
          group="engine"
          value={draft.engine}
          options={ENGINES}
          onChoose={(engine) => change({ engine })}
        />
        <FieldComplaint complaints={complaints} field="engine" />
      </div>
    </Panel>
  );
}
