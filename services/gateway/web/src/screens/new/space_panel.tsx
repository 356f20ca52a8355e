/** The search space, as a form and as YAML; a change of one shows in the other. */

import { useEffect, useState } from "preact/hooks";
import type { Preset } from "../../api/types";
import { FIELD_NAMES } from "../../state/design_fields";
import type { FieldName } from "../../state/design_fields";
import { fieldFormOf } from "../../state/draft_space";
import type { FieldForm } from "../../state/draft_space";
import { baseSpace } from "../../state/draft_request";
import { Panel } from "../../ui/panel";
import type { StepProps } from "./columns_step";
import { complaintOf, FieldComplaint } from "./draft_fields";
import { SpaceField } from "./space_field";
import { SpaceText } from "./space_text";

interface SpacePanelProps extends StepProps {
  presets: readonly Preset[];
}

type View = "form" | "yaml";

export function SpacePanel({ presets, ...props }: SpacePanelProps) {
  const { draft } = props;
  const [view, setView] = useState<View>("form");
  const preset = presets.find((each) => each.name === draft.preset)?.space ?? {};
  const base = baseSpace(preset, draft);
  const own = Object.keys(draft.space).length;
  useEffect(() => {
    // What is wrong with a text can be mended only there.
    if (draft.spaceFault !== null) setView("yaml");
  }, [draft.spaceFault !== null]);
  return (
    <Panel
      title="Search space"
      subtitle={
        own === 0
          ? "What a design may be; all of it is the preset’s"
          : `${own} of ${FIELD_NAMES.length} fields are yours, the others the preset’s`
      }
      actions={<ViewSwitch view={view} onView={setView} />}
      flush
    >
      <div class="space-note">
        <FieldComplaint complaints={props.complaints} field="space" />
      </div>
      {view === "form" ? (
        <SpaceForm {...props} base={base} />
      ) : (
        <SpaceText {...props} base={base} />
      )}
    </Panel>
  );
}

function ViewSwitch({ view, onView }: { view: View; onView: (view: View) => void }) {
  return (
    <div class="segments" role="group" aria-label="Edit as">
      <button type="button" aria-pressed={view === "form"} onClick={() => onView("form")}>
        Form
      </button>
      <button type="button" aria-pressed={view === "yaml"} onClick={() => onView("yaml")}>
        YAML
      </button>
    </div>
  );
}

interface SpaceFormProps extends StepProps {
  base: Record<string, unknown>;
}

function SpaceForm({ draft, change, complaints, base }: SpaceFormProps) {
  if (draft.spaceFault !== null) {
    return (
      <p class="space-note text-bad small" role="alert">
        The YAML has a mistake in line {draft.spaceFault.line}. Mend it there first, and the form
        follows.
      </p>
    );
  }
  const put = (name: FieldName, field: FieldForm | null): void => {
    const space = { ...draft.space };
    if (field === null) delete space[name];
    else space[name] = field;
    change({ space, spaceText: "" });
  };
  return (
    <div class="space-form">
      {FIELD_NAMES.map((name) => (
        <SpaceField
          key={name}
          name={name}
          own={draft.space[name] ?? null}
          base={Object.hasOwn(base, name) ? fieldFormOf(name, base[name]) : null}
          wrong={complaintOf(complaints, `space.${name}`)}
          onChange={(field) => put(name, field)}
        />
      ))}
    </div>
  );
}
