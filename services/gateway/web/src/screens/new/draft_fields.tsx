/** Text fields of a draft, with the complaint about each. */

import type { ComponentChildren } from "preact";
import { draftComplaint } from "../../state/draft";
import type { Draft } from "../../state/draft";
import { Field } from "../../ui/fields";

export interface DraftProps {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
}

type TextKey = "designs" | "minutes" | "seed" | "epochs" | "name" | "maxParams" | "folds";

interface TextFieldProps extends DraftProps {
  field: TextKey;
  label: string;
  unit?: string;
  help?: ComponentChildren;
  placeholder?: string;
}

export function complaintOf(draft: Draft, field: keyof Draft): string | null {
  const complaint = draftComplaint(draft);
  return complaint?.field === field ? complaint.text : null;
}

export function TextField({ draft, change, field, label, unit, help, placeholder }: TextFieldProps) {
  const wrong = complaintOf(draft, field);
  return (
    <Field id={field} label={label} wrong={wrong} help={help}>
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
    </Field>
  );
}
