/** How widely to search, for how long, and by which method. */

import { listPresets } from "../../api/client";
import type { Dataset, Engine, HalvingMode, RecipeName, Search } from "../../api/types";
import { RECIPE_WORDS, SEARCH_WORDS } from "../../format/design_words";
import type { Draft } from "../../state/draft";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { Choices } from "../../ui/fields";
import { Panel } from "../../ui/panel";
import { TextField } from "./draft_fields";
import type { DraftProps } from "./draft_fields";
import { OwnDesignsField } from "./own_designs_field";
import { spaceWords } from "./space_words";

interface SearchPanelProps extends DraftProps {
  dataset: Dataset;
}

const PRESET_TITLES: Record<string, string> = {
  quick: "Quick",
  balanced: "Balanced",
  thorough: "Thorough",
};

const SEARCHES = (Object.keys(SEARCH_WORDS) as Search[]).map(
  (search) => [search, ...SEARCH_WORDS[search]] as const,
);

const RECIPES: (readonly [Draft["recipe"], string, string])[] = [
  ...(Object.keys(RECIPE_WORDS) as RecipeName[]).map((name) => [name, ...RECIPE_WORDS[name]] as const),
  ["choose", "Let the search choose", "Each design has its own; missing and rare values, too."],
];

export function SearchPanel({ dataset, draft, change }: SearchPanelProps) {
  return (
    <Panel title="How should it search?" subtitle="Designs are taken from a preset’s space">
      <div class="stack loose">
        <Presets dataset={dataset} draft={draft} change={change} />
        <div class="settings-grid">
          <TextField draft={draft} change={change} field="designs" label="Designs to try" />
          <TextField
            draft={draft}
            change={change}
            field="minutes"
            label="Time budget"
            unit="min"
            help="Optional, and hard: the study ends within it, verdict and all."
          />
          <TextField
            draft={draft}
            change={change}
            field="maxParams"
            label="Most parameters"
            placeholder="no limit"
            help="Larger designs are not tried."
          />
        </div>
        <Choices
          label="Method"
          group="search"
          value={draft.search}
          options={SEARCHES}
          onChoose={(search) => change({ search })}
        />
        <Choices
          label="Columns are prepared"
          group="recipe"
          value={draft.recipe}
          options={RECIPES}
          onChoose={(recipe) => change({ recipe })}
        />
        <More draft={draft} change={change} />
      </div>
    </Panel>
  );
}

function Presets({ dataset, draft, change }: SearchPanelProps) {
  const presets = useResource(() => listPresets(dataset.rows), [dataset.rows]);
  if (presets.error !== null) {
    return <ProblemNote error={presets.error} onRetry={presets.reload} />;
  }
  if (presets.value === null) return <Skeleton lines={2} label="Loading presets" />;
  return (
    <Choices
      label="Preset"
      group="preset"
      value={draft.preset}
      options={presets.value.map(
        ({ name, space }) => [name, PRESET_TITLES[name] ?? name, spaceWords(space)] as const,
      )}
      onChoose={(preset) => change({ preset })}
    />
  );
}

const ENGINES: [Engine, string, string][] = [
  ["fused", "Fused", "Many designs at once in one job. The fast one."],
  ["keras", "Keras", "One Keras model after another, for comparison."],
];

const HALVINGS: [HalvingMode, string, string][] = [
  [
    "auto",
    "Drop weak designs early",
    "Designs that train together are compared after a few epochs, and again later; the time of " +
      "the weaker ones goes to new designs (Hyperband). With few epochs nothing is dropped.",
  ],
  ["off", "Train each to its end", "Slower; every design shows the best it can do."],
];

function More({ draft, change }: DraftProps) {
  return (
    <details class="more">
      <summary>Your own designs, engine, seed, epochs, name, early drops</summary>
      <div class="stack">
        <OwnDesignsField draft={draft} change={change} />
        <Choices
          label="Engine"
          group="engine"
          value={draft.engine}
          options={ENGINES}
          onChoose={(engine) => change({ engine })}
        />
        <Choices
          label="Weak designs"
          group="halving"
          value={draft.halving}
          options={HALVINGS}
          onChoose={(halving) => change({ halving })}
        />
        <div class="settings-grid">
          <TextField
            draft={draft}
            change={change}
            field="seed"
            label="Seed"
            help="The same seed proposes the same designs on the same split."
          />
          <TextField
            draft={draft}
            change={change}
            field="epochs"
            label="Most epochs per design"
            placeholder="200"
          />
          <TextField
            draft={draft}
            change={change}
            field="name"
            label="Name"
            placeholder="optional"
          />
        </div>
      </div>
    </details>
  );
}
