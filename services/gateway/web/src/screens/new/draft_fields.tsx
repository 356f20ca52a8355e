/** Text fields of a draft, with the complaint about each. */

import type { ComponentChildren } from "preact";
import type { Draft } from "../../state/draft";
import type { Complaint, DraftField } from "../../state/draft_checks";
import { Field } from "../../ui/fields";

export interface DraftProps {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  complaints: readonly Complaint[];
}

type TextKey =
  | "designs"
  | "minutes"
  | "seed"
  | "epochs"
  | "name"
  | "maxParams"
  | "maxTrialSeconds"
  | "folds"
  | "halvingFactor"
  | "halvingEpochs";

interface TextFieldProps extends DraftProps {
  field: TextKey;
  label: string;
  unit?: string;
  help?: ComponentChildren;
  placeholder?: string;
}

export function complaintOf(complaints: readonly Complaint[], field: DraftField): string | null {
  return complaints.find((each) => each.field === field)?.text ?? null;
}

export function TextField(props: TextFieldProps) {
  const { draft, change, complaints, field, label, unit, help, placeholder } = props;
  const wrong = complaintOf(complaints, field);
  return (
    <Field id={field} label={label} wrong={wrong} help={help}>
      <div class="input-group">
        <input
          id={field}
          class="form-control"
          inputMode={field === "name" ? "text" : "decimal"}
          autocomplete="off"
          placeholder={placeholder}
          maxLength={field === "name" ? 200 : undefined}
          value={draft[field]}
          aria-invalid={wrong !== null}
          aria-describedby={`${field}-help`}
          onInput={(event) => change({ [field]: event.currentTarget.value })}
        />
        {unit && <span class="input-group-text">{unit}</span>}
      </div>
    </Field>
  );
}

/** What the server has refused about a choice that has no line of its own for it. */
export function FieldComplaint({ complaints, field }: Pick<DraftProps, "complaints"> & {
  field: DraftField;
}) {
  const wrong = complaintOf(complaints, field);
  if (wrong === null) return null;
  return (
    <p class="text-bad small" role="alert">
      {wrong}
    </p>
  );
}
