/** One field of the search space: the preset's in words, or one's own to edit. */

import { FIELD_FACTS, optionWords } from "../../state/design_fields";
import type { FieldName } from "../../state/design_fields";
import { splitChoices } from "../../state/draft_space";
import type { FieldForm, Shape } from "../../state/draft_space";
import { fieldFormWords } from "./space_words";
import { SpaceCondition } from "./space_condition";

interface SpaceFieldProps {
  name: FieldName;
  /** Null: it is the preset's. */
  own: FieldForm | null;
  base: FieldForm | null;
  wrong: string | null;
  onChange: (field: FieldForm | null) => void;
}

export function SpaceField({ name, own, base, wrong, onChange }: SpaceFieldProps) {
  const { label } = FIELD_FACTS[name];
  const begin = (): void => onChange(base ?? EMPTY);
  return (
    <div class={own ? "space-field own" : "space-field"} role="group" aria-label={label}>
      <div class="space-field-head">
        <strong>{label}</strong>
        <code class="muted">{name}</code>
        {own ? (
          <button type="button" class="link-button small" onClick={() => onChange(null)}>
            Back to the preset’s<span class="visually-hidden"> {label}</span>
          </button>
        ) : (
          <button type="button" class="link-button small" onClick={begin}>
            Change<span class="visually-hidden"> {label}</span>
          </button>
        )}
      </div>
      {own === null ? (
        <p class="muted small">{base ? fieldFormWords(name, base) : "as the server has it"}</p>
      ) : (
        <FieldEditor name={name} form={own} wrong={wrong} onChange={onChange} />
      )}
      {wrong !== null && (
        <p class="text-bad small" id={`space-${name}-help`}>
          {wrong}
        </p>
      )}
    </div>
  );
}

const EMPTY: FieldForm = {
  shape: "choices",
  choices: "",
  low: "",
  high: "",
  log: false,
  points: "",
  widths: "",
  when: {},
};

interface EditorProps {
  name: FieldName;
  form: FieldForm;
  wrong: string | null;
  onChange: (field: FieldForm) => void;
}

function FieldEditor(props: EditorProps) {
  const { name, form, onChange } = props;
  return (
    <div class="space-editor">
      <ShapeSwitch {...props} />
      {form.shape === "choices" ? <Choices {...props} /> : <Numbers {...props} />}
      <SpaceCondition
        name={name}
        when={form.when}
        onChange={(when) => onChange({ ...form, when })}
      />
    </div>
  );
}

const SHAPE_WORDS: Record<Shape, string> = {
  choices: "List",
  range: "Range",
  layers: "Widths per layer",
};

function ShapeSwitch({ name, form, onChange }: EditorProps) {
  const { kind } = FIELD_FACTS[name];
  if (kind !== "number" && kind !== "layers") return null;
  const shapes: Shape[] = kind === "layers" ? ["layers", "choices"] : ["range", "choices"];
  return (
    <div class="segments" role="group" aria-label={`How to give ${FIELD_FACTS[name].label}`}>
      {shapes.map((shape) => (
        <button
          key={shape}
          type="button"
          aria-pressed={form.shape === shape}
          onClick={() => onChange({ ...form, shape })}
        >
          {SHAPE_WORDS[shape]}
        </button>
      ))}
    </div>
  );
}

function Choices(props: EditorProps) {
  const { name, form, onChange } = props;
  const { options, kind } = FIELD_FACTS[name];
  if (kind === "number" || kind === "layers") {
    const hint = kind === "layers" ? "64-64, 128, linear" : "0, 0.1, 0.2";
    return <Text {...props} part="choices" label="Choices" placeholder={hint} />;
  }
  const chosen = new Set(splitChoices(form.choices));
  const toggle = (value: string): void => {
    const next = options.filter((each) => (each === value) !== chosen.has(each));
    onChange({ ...form, choices: next.join(", ") });
  };
  return (
    <div class="checks">
      {options.map((value) => (
        <label key={value} class="form-check">
          <input
            type="checkbox"
            class="form-check-input"
            checked={chosen.has(value)}
            onChange={() => toggle(value)}
          />
          {optionWords(name, value)}
        </label>
      ))}
    </div>
  );
}

/** A range of numbers, or of layers with their widths. */
function Numbers(props: EditorProps) {
  const { name, form, onChange } = props;
  const isLayers = form.shape === "layers";
  return (
    <div class="space-numbers">
      <Text {...props} part="low" label={isLayers ? "Fewest layers" : "From"} />
      <Text {...props} part="high" label={isLayers ? "Most layers" : "To"} />
      {isLayers ? (
        <Text {...props} part="widths" label="Width of each layer" placeholder="16, 32, 64" />
      ) : (
        <>
          <Text {...props} part="points" label="Grid points" placeholder="5" />
          <label class="form-check">
            <input
              type="checkbox"
              class="form-check-input"
              checked={form.log}
              onChange={() => onChange({ ...form, log: !form.log })}
            />
            Logarithmic<span class="visually-hidden"> {FIELD_FACTS[name].label}</span>
          </label>
        </>
      )}
    </div>
  );
}

interface TextProps extends EditorProps {
  part: "choices" | "low" | "high" | "points" | "widths";
  label: string;
  placeholder?: string;
}

function Text({ name, form, wrong, onChange, part, label, placeholder }: TextProps) {
  const id = `space-${name}-${part}`;
  return (
    <div class={`field part-${part}`}>
      <label for={id}>
        {label}
        <span class="visually-hidden"> of {FIELD_FACTS[name].label}</span>
      </label>
      <input
        id={id}
        class="form-control"
        autocomplete="off"
        placeholder={placeholder}
        value={form[part]}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : `space-${name}-help`}
        onInput={(event) => onChange({ ...form, [part]: event.currentTarget.value })}
      />
    </div>
  );
}
