/** When a field applies: only with some values of fields that are drawn before it. */

import {
  conditionParents,
  FIELD_FACTS,
  optionWords,
  parentLabel,
  parentValues,
} from "../../state/design_fields";
import type { FieldName } from "../../state/design_fields";
import type { FieldForm } from "../../state/draft_space";

interface SpaceConditionProps {
  name: FieldName;
  when: FieldForm["when"];
  onChange: (when: FieldForm["when"]) => void;
}

export function SpaceCondition({ name, when, onChange }: SpaceConditionProps) {
  const parents = conditionParents(name);
  const free = parents.filter((parent) => !Object.hasOwn(when, parent));
  if (parents.length === 0) return null;
  const drop = (parent: string): void =>
    onChange(Object.fromEntries(Object.entries(when).filter(([each]) => each !== parent)));
  return (
    <div class="conditions">
      {Object.entries(when).map(([parent, values]) => (
        <fieldset key={parent} class="condition">
          <legend class="small">Only where {parentLabel(parent).toLowerCase()} is</legend>
          <div class="checks">
            {parentValues(parent).map((value) => (
              <label key={value} class="form-check">
                <input
                  type="checkbox"
                  class="form-check-input"
                  checked={values.includes(value)}
                  onChange={() => onChange({ ...when, [parent]: toggled(values, value) })}
                />
                {optionWords(parent, value)}
              </label>
            ))}
          </div>
          <button type="button" class="link-button small" onClick={() => drop(parent)}>
            Always<span class="visually-hidden"> whatever {parentLabel(parent)} is</span>
          </button>
        </fieldset>
      ))}
      {free.length > 0 && (
        <select
          class="form-select add-condition"
          aria-label={`Add a condition to ${FIELD_FACTS[name].label}`}
          value=""
          onChange={(event) => {
            const parent = event.currentTarget.value;
            event.currentTarget.value = "";
            if (parent !== "") onChange({ ...when, [parent]: [] });
          }}
        >
          <option value="">Only where …</option>
          {free.map((parent) => (
            <option key={parent} value={parent}>
              {parentLabel(parent).toLowerCase()} is …
            </option>
          ))}
        </select>
      )}
    </div>
  );
}

function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((each) => each !== value) : [...values, value];
}
