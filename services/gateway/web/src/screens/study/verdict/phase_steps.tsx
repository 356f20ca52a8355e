/** The way of a study in four steps: search, finals, why, test. */

import { count } from "../../../format/numbers";
import type { StudyView } from "../../../state/fold";
import { PHASE_WORDS, phasesOf, roundOf } from "../../../state/phases";
import type { Phase } from "../../../state/phases";
import { Icon } from "../../../ui/icons";

const STATE_WORDS: Record<Phase["state"], string> = {
  done: "done",
  now: "now",
  next: "to come",
  skipped: "left out",
};

export function PhaseSteps({ view }: { view: StudyView }) {
  return (
    <ol class="phases" aria-label="The way of this study">
      {phasesOf(view).map((phase) => (
        <li
          key={phase.name}
          class={phase.state}
          aria-current={phase.state === "now" ? "step" : undefined}
        >
          <span class="mark">
            {phase.state === "done" && <Icon name="check" />}
            {phase.state === "now" && <Icon name="spinner" />}
            {phase.state === "skipped" && <Icon name="minus" />}
          </span>
          <span>
            <strong>{PHASE_WORDS[phase.name]}</strong>
            <span class="visually-hidden">, {STATE_WORDS[phase.state]}</span>
            <span class="about">{about(phase, view)}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}

function about(phase: Phase, view: StudyView): string {
  if (phase.state === "skipped") return "left out";
  const round = phase.name === "confirm" ? roundOf(view) : null;
  const counted = phase.count
    ? `${count(phase.count.done)} of ${count(phase.count.total)}`
    : WHAT[phase.name];
  return round === null ? counted : `round ${round}, ${counted}`;
}

const WHAT: Record<Phase["name"], string> = {
  search: "many designs, once each",
  confirm: "the best again, many times",
  explain: "what each choice is worth",
  test: "once, on untouched rows",
};
