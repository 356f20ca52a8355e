/** How widely to search, for how long, and by which method. */

import type { Preset, RecipeName, Search } from "../../api/types";
import { RECIPE_WORDS, SEARCH_WORDS } from "../../format/design_words";
import type { Draft } from "../../state/draft";
import { Choices } from "../../ui/fields";
import { Panel } from "../../ui/panel";
import type { StepProps } from "./columns_step";
import { FieldComplaint, TextField } from "./draft_fields";
import { spaceWords } from "./space_words";

interface SearchPanelProps extends StepProps {
  presets: readonly Preset[];
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
  ...(Object.keys(RECIPE_WORDS) as RecipeName[]).map(
    (name) => [name, ...RECIPE_WORDS[name]] as const,
  ),
  ["choose", "Let the search choose", "Each design has its own; missing and rare values, too."],
];

export function SearchPanel({ presets, ...props }: SearchPanelProps) {
  const { draft, change, complaints } = props;
  return (
    <Panel title="How should it search?" subtitle="Designs are taken from a preset’s space">
      <div class="stack loose">
        <Choices
          label="Preset"
          group="preset"
          value={draft.preset}
          options={presets.map(
            ({ name, space }) => [name, PRESET_TITLES[name] ?? name, spaceWords(space)] as const,
          )}
          onChoose={(preset) => change({ preset, ...withoutComments(draft) })}
        />
        <FieldComplaint complaints={complaints} field="preset" />
        <div class="settings-grid">
          <TextField {...props} field="designs" label="Designs to try" />
          <TextField
            {...props}
            field="minutes"
            label="Time budget"
            unit="min"
            placeholder="no limit"
            help="Optional, and hard: the study ends within it, verdict and all."
          />
          <TextField
            {...props}
            field="epochs"
            label="Most epochs per design"
            placeholder="200"
            help="Those that stop improving end before."
          />
        </div>
        <Choices
          label="Method"
          group="search"
          value={draft.search}
          options={SEARCHES}
          onChoose={(search) => change({ search })}
        />
        <FieldComplaint complaints={complaints} field="search" />
        <Choices
          label="Columns are prepared"
          group="recipe"
          value={draft.recipe}
          options={RECIPES}
          onChoose={(recipe) => change({ recipe, ...withoutComments(draft) })}
        />
        <FieldComplaint complaints={complaints} field="recipe" />
      </div>
    </Panel>
  );
}

/** The text's comments tell of what was the preset; a text that can't be read yet stays. */
function withoutComments({ spaceFault }: Draft): Partial<Draft> {
  return spaceFault === null ? { spaceText: "" } : {};
}
