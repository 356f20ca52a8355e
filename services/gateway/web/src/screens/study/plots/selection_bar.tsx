/** What is selected, in words: how many designs, which brushes, which are picked for comparing. */

import type { ComponentChildren } from "preact";
import { fieldWords } from "../../../format/design_words";
import { count, counted } from "../../../format/numbers";
import { studyAddress } from "../../../router";
import {
  brushes,
  clearBrush,
  clearSelection,
  hasValues,
  matches,
  picked,
  selectionQuery,
  togglePick,
} from "../../../state/selection";
import type { Brush } from "../../../state/selection";
import type { LiveTrial } from "../../../state/fold";
import { Icon } from "../../../ui/icons";

interface SelectionBarProps {
  studyId: string;
  /** The search's. */
  trials: readonly LiveTrial[];
  children?: ComponentChildren;
}

export function SelectionBar({ studyId, trials, children }: SelectionBarProps) {
  const where = brushes.value;
  const pick = picked.value;
  const selected = trials.filter((trial) => matches(trial, where)).length;
  const isEmpty = where.length === 0 && pick.length === 0;
  return (
    <section class="selection-bar" aria-label="Selection">
      <strong>
        {where.length === 0
          ? counted(trials.length, "design")
          : `${count(selected)} of ${counted(trials.length, "design")}`}
      </strong>
      {where.map((brush) => (
        <Chip key={brushWords(brush)} text={brushWords(brush)} onRemove={() => clearBrush(brush.field)} />
      ))}
      {pick.map((number) => (
        <Chip key={number} text={`trial ${number}`} onRemove={() => togglePick(number)} />
      ))}
      {pick.length > 1 && (
        <a href={`${studyAddress(studyId, "compare")}?trials=${pick.join(",")}`}>Compare</a>
      )}
      {where.length > 0 && (
        <a href={studyAddress(studyId, "trials", selectionQuery.value)}>Show in the table</a>
      )}
      {isEmpty ? (
        <span class="muted">Click a point to open its trial, with Shift to pick it; drag a box to select designs</span>
      ) : (
        <button type="button" class="btn btn-quiet btn-small" onClick={clearSelection}>
          Clear
        </button>
      )}
      {children}
    </section>
  );
}

function Chip({ text, onRemove }: { text: string; onRemove: () => void }) {
  return (
    <button type="button" class="chip" aria-label={`Take away ${text}`} onClick={onRemove}>
      {text} <Icon name="cross" />
    </button>
  );
}

/** `learning rate 0.001 to 0.01`, `activation relu or gelu`. */
export function brushWords(brush: Brush): string {
  const name = fieldWords(brush.field);
  if (hasValues(brush)) return `${name} ${brush.not ? "not " : ""}${brush.values.join(" or ")}`;
  const { low, high, lowOpen, highOpen } = brush;
  const digits = (value: number): string => String(Number(value.toPrecision(3)));
  if (low === undefined) return `${name} ${highOpen ? "below" : "up to"} ${digits(high ?? 0)}`;
  if (high === undefined) return `${name} ${lowOpen ? "above" : "from"} ${digits(low)}`;
  return `${name} ${digits(low)} to ${digits(high)}`;
}
