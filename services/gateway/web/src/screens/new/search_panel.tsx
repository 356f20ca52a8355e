/** How widely to search, for how long, and with what. */

import type { ComponentChildren } from "preact";
import { listPresets } from "../../api/client";
import type { Dataset, Engine, HalvingMode } from "../../api/types";
import { draftComplaint } from "../../state/draft";
import type { Draft } from "../../state/draft";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { Panel } from "../../ui/panel";
import { spaceWords } from "./space_words";

interface SearchPanelProps {
  dataset: Dataset;
  draft: Draft;
  change: (change: Partial<Draft>) => void;
}

const PRESET_TITLES: Record<string, string> = {
  quick: "Quick",
  balanced: "Balanced",
  thorough: "Thorough",
};

export function SearchPanel({ dataset, draft, change }: SearchPanelProps) {
  const presets = useResource(() => listPresets(dataset.rows), [dataset.rows]);
  return (
    <Panel
      title="How should it search?"
      subtitle="Designs are drawn at random from a preset's space"
    >
      <div class="stack loose">
        {presets.error !== null && <ProblemNote error={presets.error} onRetry={presets.reload} />}
        {presets.value === null && presets.error === null && (
          <Skeleton lines={2} label="Loading presets" />
        )}
        {presets.value && (
          <fieldset class="choices">
            <legend class="visually-hidden">Preset</legend>
            {presets.value.map((preset) => (
              <Choice
                key={preset.name}
                group="preset"
                checked={draft.preset === preset.name}
                onChoose={() => change({ preset: preset.name })}
                title={PRESET_TITLES[preset.name] ?? preset.name}
                text={spaceWords(preset.space)}
              />
            ))}
          </fieldset>
        )}
        <div class="settings-grid">
          <TextField draft={draft} change={change} field="designs" label="Designs to try" />
          <TextField
            draft={draft}
            change={change}
            field="minutes"
            label="Time budget"
            unit="min"
            help="Optional. The first limit reached ends the study."
          />
        </div>
        <More draft={draft} change={change} />
      </div>
    </Panel>
  );
}

function More({ draft, change }: Pick<SearchPanelProps, "draft" | "change">) {
  const engines: [Engine, string, string][] = [
    ["fused", "Fused", "Many designs at once in one job. The fast one."],
    ["keras", "Keras", "One Keras model after another, for comparison."],
  ];
  const halvings: [HalvingMode, string, string][] = [
    [
      "auto",
      "Drop weak designs early",
      "Designs that train together are compared after a few epochs, and again later; the time of " +
        "the weaker ones goes to new designs (Hyperband). With few epochs nothing is dropped.",
    ],
    ["off", "Train each to its end", "Slower; every design shows the best it can do."],
  ];
  return (
    <details class="more">
      <summary>Engine, seed, epochs, name, early drops</summary>
      <div class="stack">
        <fieldset class="choices">
          <legend class="visually-hidden">Engine</legend>
          {engines.map(([engine, title, text]) => (
            <Choice
              key={engine}
              group="engine"
              checked={draft.engine === engine}
              onChoose={() => change({ engine })}
              title={title}
              text={text}
            />
          ))}
        </fieldset>
        <fieldset class="choices">
          <legend class="visually-hidden">Weak designs</legend>
          {halvings.map(([halving, title, text]) => (
            <Choice
              key={halving}
              group="halving"
              checked={draft.halving === halving}
              onChoose={() => change({ halving })}
              title={title}
              text={text}
            />
          ))}
        </fieldset>
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

interface ChoiceProps {
  group: string;
  checked: boolean;
  onChoose: () => void;
  title: string;
  text: ComponentChildren;
}

function Choice({ group, checked, onChoose, title, text }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={group} checked={checked} onChange={onChoose} />
      <strong>{title}</strong>
      <span>{text}</span>
    </label>
  );
}

type TextKey = "designs" | "minutes" | "seed" | "epochs" | "name";

interface TextFieldProps {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  field: TextKey;
  label: string;
  unit?: string;
  help?: string;
  placeholder?: string;
}

function TextField({ draft, change, field, label, unit, help, placeholder }: TextFieldProps) {
  const complaint = draftComplaint(draft);
  const wrong = complaint?.field === field ? complaint.text : null;
  return (
    <div class="field">
      <label for={field}>{label}</label>
      <div class="input-group">
        <input
          id={field}
          class="form-control"
          inputMode={field === "name" ? "text" : "decimal"}
          autocomplete="off"
          placeholder={placeholder}
          value={draft[field]}
          aria-invalid={wrong !== null}
          aria-describedby={`${field}-help`}
          onInput={(event) => change({ [field]: event.currentTarget.value })}
        />
        {unit && <span class="input-group-text">{unit}</span>}
      </div>
      <span class="help" id={`${field}-help`}>
        {wrong ? <span class="text-bad">{wrong}</span> : help}
      </span>
    </div>
  );
}
