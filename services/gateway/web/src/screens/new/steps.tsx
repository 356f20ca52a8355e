/** Where one is among the four steps, what each holds, and what it still misses. */

import { NEW_STEPS, newStepAddress } from "../../router";
import type { NewStep } from "../../router";
import { Icon } from "../../ui/icons";

export const STEP_TITLES: Record<NewStep, string> = {
  upload: "Upload",
  columns: "Columns",
  search: "Search",
  review: "Review",
};

export interface StepNote {
  text: string;
  /** Something is missing. */
  isWrong: boolean;
}

export type StepNotes = Partial<Record<NewStep, StepNote>>;
export type StepQuery = { dataset?: string | null; from?: string | null };

interface StepsProps {
  step: NewStep;
  address: StepQuery;
  notes: StepNotes;
  /** There is a table: the later steps can be gone to. */
  known: boolean;
}

export function Steps({ step, address, notes, known }: StepsProps) {
  return (
    <nav class="steps" aria-label="Steps">
      <ol>
        {NEW_STEPS.map((each, index) => (
          <li key={each}>
            {known || each === "upload" ? (
              <a
                href={newStepAddress(each, address)}
                aria-current={each === step ? "step" : undefined}
                class={notes[each]?.isWrong ? "wrong" : ""}
              >
                <StepWords index={index} step={each} note={notes[each]} />
              </a>
            ) : (
              <span class="later">
                <StepWords index={index} step={each} note={undefined} />
              </span>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}

interface StepWordsProps {
  index: number;
  step: NewStep;
  note: StepNote | undefined;
}

function StepWords({ index, step, note }: StepWordsProps) {
  return (
    <>
      <span class="step-number" aria-hidden="true">
        {note?.isWrong ? <Icon name="warning" /> : index + 1}
      </span>
      <span class="step-words">
        <strong>{STEP_TITLES[step]}</strong>
        <span class="truncate">{note?.text}</span>
      </span>
    </>
  );
}

interface StepFootProps {
  step: NewStep;
  address: StepQuery;
  /** What this step still misses. */
  missing: string | null;
}

/** To the step before and the next one. */
export function StepFoot({ step, address, missing }: StepFootProps) {
  const place = NEW_STEPS.indexOf(step);
  const [before, after] = [NEW_STEPS[place - 1], NEW_STEPS[place + 1]];
  return (
    <div class="step-foot">
      {before && (
        <a class="btn btn-quiet" href={newStepAddress(before, address)}>
          Back to {STEP_TITLES[before].toLowerCase()}
        </a>
      )}
      <p class="missing small" role="status">
        {missing !== null && (
          <>
            <Icon name="warning" /> {missing}
          </>
        )}
      </p>
      {after && (
        <a class="btn btn-primary" href={newStepAddress(after, address)}>
          Next: {STEP_TITLES[after].toLowerCase()}
          <Icon name="arrow" />
        </a>
      )}
    </div>
  );
}
