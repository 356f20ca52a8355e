/** Fields of forms: choices as cards, text with its complaint below it. */

import type { ComponentChildren } from "preact";

interface ChoiceProps {
  group: string;
  checked: boolean;
  onChoose: () => void;
  title: string;
  text: ComponentChildren;
}

export function Choice({ group, checked, onChoose, title, text }: ChoiceProps) {
  return (
    <label class="choice">
      <input type="radio" name={group} checked={checked} onChange={onChoose} />
      <strong>{title}</strong>
      <span>{text}</span>
    </label>
  );
}

interface ChoicesProps<Value extends string> {
  label: string;
  group: string;
  value: Value;
  options: readonly (readonly [Value, string, string])[];
  onChoose: (value: Value) => void;
}

/** `options`: the value, its title, and a line about it. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  return (
    <fieldset class="choices">
      <legend class="label">{props.label}</legend>
      {props.options.map(([value, title, text]) => (
        <Choice
          key={value}
          group={props.group}
          checked={props.value === value}
          onChoose={() => props.onChoose(value)}
          title={title}
          text={text}
        />
      ))}
    </fieldset>
  );
}

interface FieldProps {
  id: string;
  label: string;
  /** Why the value can't be sent; stands in place of `help`. */
  wrong?: string | null;
  help?: ComponentChildren;
  children: ComponentChildren;
}

/** A label above, a line of help or complaint below; the control refers to `{id}-help`. */
export function Field({ id, label, wrong = null, help, children }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      <span class="help" id={`${id}-help`}>
        {wrong ? <span class="text-bad">{wrong}</span> : help}
      </span>
    </div>
  );
}
