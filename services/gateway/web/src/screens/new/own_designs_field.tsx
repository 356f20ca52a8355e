import { parseDesigns } from "../../state/own_designs";
import { counted } from "../../format/numbers";
import { Field } from "../../ui/fields";
import { complaintOf } from "./draft_fields";
import type { DraftProps } from "./draft_fields";

const EXAMPLE = '[{"hidden": [64, 64], "dropout": 0.1}]';

export function OwnDesignsField({ draft, change, complaints }: DraftProps) {
  const wrong = complaintOf(complaints, "ownDesigns");
  const parsed = parseDesigns(draft.ownDesigns);
  const known = typeof parsed !== "string" && parsed.length > 0;
  return (
    <Field
      id="ownDesigns"
      label="Your own designs"
      wrong={wrong}
      help={known ? `${counted(parsed.length, "design")}, tried first.` : "JSON, tried first."}
    >
      <textarea
        id="ownDesigns"
        class="form-control code"
        rows={3}
        spellcheck={false}
        placeholder={EXAMPLE}
        value={draft.ownDesigns}
        aria-invalid={wrong !== null}
        aria-describedby="ownDesigns-help"
        onInput={(event) => change({ ownDesigns: event.currentTarget.value })}
      />
    </Field>
  );
}
