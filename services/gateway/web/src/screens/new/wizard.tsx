/** The steps of a study whose table is known, around one draft. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Dataset } from "../../api/types";
import { counted } from "../../format/numbers";
import type { NewStep } from "../../router";
import type { Draft } from "../../state/draft";
import { freshDraft, taskOf } from "../../state/draft";
import { complaintWords, draftComplaints, refusalOf } from "../../state/draft_checks";
import type { Complaint } from "../../state/draft_checks";
import { draftFromStudy, requestOf } from "../../state/draft_request";
import { draftKey, forgetDraft, loadDraft, saveDraft } from "../../state/draft_store";
import { useTitle } from "../../ui/hooks";
import { ColumnsStep } from "./columns_step";
import { DraftBar } from "./draft_bar";
import type { Known } from "./new_study";
import { ReviewStep } from "./review_step";
import { budgetWords } from "./review_words";
import { SearchStep } from "./search_step";
import { STEP_TITLES, StepFoot, Steps } from "./steps";
import type { StepNotes } from "./steps";
import { UploadStep } from "./upload_step";
import { useEstimate } from "./use_estimate";

const HEADINGS: Record<NewStep, string> = {
  upload: "Choose a table",
  columns: "Check the columns",
  search: "Decide the search",
  review: "Review and start",
};

interface WizardProps {
  step: NewStep;
  known: Known;
  from: string | null;
}

export function Wizard({ step, known, from }: WizardProps) {
  const { dataset, presets, source } = known;
  const key = draftKey(dataset.dataset_id, from);
  const begin = (): Draft => firstDraft(known);
  const [draft, setDraft] = useState(() => loadDraft(key, dataset) ?? begin());
  const [isKept, setKept] = useState(() => loadDraft(key, dataset) !== null);
  const [refusal, setRefusal] = useState<Complaint | null>(null);
  const keep = (next: Draft): void => {
    // At once: the page may be reloaded before it is drawn again.
    saveDraft(key, next);
    setKept(true);
    setRefusal(null);
    setDraft(next);
  };
  const latest = useRef(draft);
  latest.current = draft;
  const change = (part: Partial<Draft>): void => {
    latest.current = { ...latest.current, ...part };
    keep(latest.current);
  };
  const throwAway = (): void => {
    forgetDraft(key);
    setKept(false);
    setRefusal(null);
    setDraft(begin());
  };
  const local = draftComplaints(draft);
  const request = local.length === 0 ? requestOf(dataset.dataset_id, draft) : null;
  const asked = useEstimate(request, step === "search" || step === "review");
  const refused = refusal ?? (asked.refusal && refusalOf(asked.refusal));
  const complaints = refused ? [...local, refused] : local;
  const heading = useStepHeading(step);
  const address = { dataset: dataset.dataset_id, from };
  const inStep = { dataset, draft, change, complaints };
  const missing = complaints.find((each) => each.step === step);
  return (
    <>
      <Steps step={step} address={address} notes={notesOf(dataset, draft, complaints)} known />
      <div class="step-head">
        <h1 ref={heading} tabIndex={-1}>
          {HEADINGS[step]}
        </h1>
        <DraftBar isKept={isKept} draft={draft} source={source} onThrow={throwAway} onUndo={keep} />
      </div>
      {step === "upload" && <UploadStep dataset={dataset} from={from} />}
      {step === "columns" && <ColumnsStep {...inStep} />}
      {step === "search" && <SearchStep {...inStep} presets={presets} asked={asked} />}
      {step === "review" && (
        <ReviewStep
          {...inStep}
          request={request}
          asked={asked}
          address={address}
          onRefused={setRefusal}
          onStarted={() => forgetDraft(key)}
        />
      )}
      <StepFoot
        step={step}
        address={address}
        missing={missing ? complaintWords(missing) : null}
      />
    </>
  );
}

function firstDraft({ dataset, presets, source }: Known): Draft {
  if (source === null) return freshDraft(dataset);
  const preset = presets.find((each) => each.name === source.preset)?.space ?? {};
  return draftFromStudy(dataset, source, preset);
}

/** After a change of step the keyboard and the screen reader start at its head. */
function useStepHeading(step: NewStep): { current: HTMLHeadingElement | null } {
  useTitle(`${STEP_TITLES[step]} · New study`);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(step);
  useEffect(() => {
    if (shown.current !== step) heading.current?.focus({ preventScroll: true });
    shown.current = step;
  }, [step]);
  return heading;
}

function notesOf(dataset: Dataset, draft: Draft, complaints: readonly Complaint[]): StepNotes {
  const notes: StepNotes = {
    upload: { text: dataset.name, isWrong: false },
    columns: { text: `${draft.target} (${taskOf(dataset, draft)})`, isWrong: false },
    search: { text: budgetWords(draft), isWrong: false },
    review: { text: "Ready to start", isWrong: false },
  };
  for (const step of ["columns", "search"] as const) {
    const many = complaints.filter((each) => each.step === step).length;
    if (many > 0) notes[step] = { text: `${counted(many, "thing")} to settle`, isWrong: true };
  }
  if (complaints.length > 0) notes.review = { text: "Not ready yet", isWrong: false };
  return notes;
}
