/** Conditions by field and value: the keyboard's way to what a brush on a plot does. */

import { useMemo, useState } from "preact/hooks";
import type { LiveTrial } from "../../../state/fold";
import { fieldWords } from "../../../format/design_words";
import { fieldValue, setBrush } from "../../../state/selection";
import { filterFields } from "./filter_fields";
import type { FilterField } from "./filter_fields";

export function FilterForm({ trials }: { trials: readonly LiveTrial[] }) {
  const fields = useMemo(() => filterFields(trials, fieldValue), [trials]);
  const [name, setName] = useState("");
  const field = fields.find((each) => each.field === name) ?? fields[0];
  if (!field) return <p class="muted">There is nothing to filter yet.</p>;
  return (
    <div class="filter-form">
      <label>
        Field
        <select
          class="form-select"
          value={field.field}
          onChange={(event) => setName(event.currentTarget.value)}
        >
          {fields.map((each) => (
            <option key={each.field} value={each.field}>
              {fieldWords(each.field)}
            </option>
          ))}
        </select>
      </label>
      {field.values === null ? (
        <RangeFields key={field.field} field={field} />
      ) : (
        <ValueFields key={field.field} field={field.field} values={field.values} />
      )}
    </div>
  );
}

function RangeFields({ field }: { field: FilterField }) {
  const [low, setLow] = useState("");
  const [high, setHigh] = useState("");
  const isEmpty = low.trim() === "" && high.trim() === "";
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty) setBrush({ field: field.field, ...bound("low", low), ...bound("high", high) });
      }}
    >
      <label>
        From
        <input
          class="form-control"
          type="number"
          step="any"
          placeholder={String(field.low)}
          value={low}
          onInput={(event) => setLow(event.currentTarget.value)}
        />
      </label>
      <label>
        To
        <input
          class="form-control"
          type="number"
          step="any"
          placeholder={String(field.high)}
          value={high}
          onInput={(event) => setHigh(event.currentTarget.value)}
        />
      </label>
      <button class="btn btn-primary" disabled={isEmpty}>
        Filter
      </button>
    </form>
  );
}

function bound(end: "low" | "high", text: string): { low?: number; high?: number } {
  return text.trim() === "" ? {} : { [end]: Number(text) };
}

function ValueFields({ field, values }: { field: string; values: readonly string[] }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen.length > 0) setBrush({ field, values: chosen });
      }}
    >
      <fieldset class="value-list">
        <legend class="visually-hidden">Values</legend>
        {values.map((value) => (
          <label key={value}>
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={(event) =>
                setChosen(
                  event.currentTarget.checked
                    ? [...chosen, value]
                    : chosen.filter((each) => each !== value),
                )
              }
            />
            {value}
          </label>
        ))}
      </fieldset>
      <button class="btn btn-primary" disabled={chosen.length === 0}>
        Filter
      </button>
    </form>
  );
}
