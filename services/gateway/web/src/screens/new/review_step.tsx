/** Step 4: everything in words, what it will take, and the start. */

import { useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem, createStudy } from "../../api/client";
import type { Study, StudyRequest } from "../../api/types";
import { navigate, newStepAddress, studyAddress } from "../../router";
import { complaintWords, refusalOf } from "../../state/draft_checks";
import type { Complaint } from "../../state/draft_checks";
import { newKey } from "../../state/key";
import { ProblemNote } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import type { StepProps } from "./columns_step";
import { EstimateBox } from "./estimate_box";
import { reviewOf } from "./review_words";
import type { ReviewSection } from "./review_words";
import { SnippetsPanel } from "./snippets_panel";
import { STEP_TITLES } from "./steps";
import type { StepQuery } from "./steps";
import { forgetUpload } from "./upload";
import type { Asked } from "./use_estimate";

interface ReviewStepProps extends StepProps {
  /** Null while something is missing. */
  request: StudyRequest | null;
  asked: Asked;
  address: StepQuery;
  onRefused: (refusal: Complaint) => void;
  onStarted: () => void;
}

export function ReviewStep(props: ReviewStepProps) {
  const { dataset, draft, request, asked, address, complaints } = props;
  return (
    <div class="new-study">
      <div class="stack loose">
        <Panel title="Your study">
          <div class="review-grid">
            {reviewOf(dataset, draft).map((section) => (
              <Section key={section.title} section={section} address={address} />
            ))}
          </div>
        </Panel>
        {request && <SnippetsPanel request={request} />}
      </div>
      <aside class="stack" aria-label="Start">
        <section class="panel review">
          <div class="panel-body">
            <EstimateBox asked={asked} />
            <Missing complaints={complaints} address={address} />
            <Start {...props} />
          </div>
        </section>
      </aside>
    </div>
  );
}

function Section({ section, address }: { section: ReviewSection; address: StepQuery }) {
  return (
    <section class="review-section" aria-label={section.title}>
      <h3>
        {section.title}
        <a class="small" href={newStepAddress(section.step, address)}>
          Change<span class="visually-hidden"> {section.title.toLowerCase()}</span>
        </a>
      </h3>
      <dl>
        {section.lines.map(([term, words]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

interface MissingProps {
  complaints: readonly Complaint[];
  address: StepQuery;
}

function Missing({ complaints, address }: MissingProps) {
  if (complaints.length === 0) return null;
  return (
    <div class="note tone-warn missing-list">
      <Icon name="warning" />
      <strong>Still to settle</strong>
      <ul>
        {complaints.map((each) => (
          <li key={`${each.field} ${each.text}`}>
            <a href={newStepAddress(each.step, address)}>{STEP_TITLES[each.step]}</a>:{" "}
            {complaintWords(each)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Start({ request, asked, complaints, onRefused, onStarted }: ReviewStepProps) {
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // A second click, or a retry after a broken connection, must not start a second study.
  const key = useRef(newKey());
  const wanted = JSON.stringify(request);
  useEffect(() => {
    key.current = newKey();
    setError(null);
  }, [wanted]);

  async function start(): Promise<void> {
    if (request === null) return;
    setStarting(true);
    setError(null);
    try {
      const estimate = asked.isCurrent ? asked.estimate?.estimate_id : undefined;
      const study = await create(request, estimate, key.current);
      onStarted();
      forgetUpload();
      navigate(studyAddress(study.study_id));
    } catch (problem) {
      const refusal = problem instanceof ApiProblem ? refusalOf(problem.problem) : null;
      if (refusal) onRefused(refusal);
      setError(problem);
      setStarting(false);
    }
  }

  return (
    <div class="stack">
      <button
        type="button"
        class="btn btn-primary btn-large"
        disabled={request === null || complaints.length > 0 || starting}
        onClick={() => void start()}
      >
        <Icon name={starting ? "spinner" : "play"} />
        {starting ? "Starting" : "Start the study"}
      </button>
      {error !== null && <ProblemNote error={error} />}
      <p class="why">A fifth of the rows is kept aside and touched once, at the end.</p>
    </div>
  );
}

/** An estimate that the server no longer has is no reason not to start. */
async function create(
  request: StudyRequest,
  estimateId: string | undefined,
  key: string,
): Promise<Study> {
  if (estimateId === undefined) return createStudy(request, key);
  try {
    return await createStudy({ ...request, estimate_id: estimateId }, key);
  } catch (problem) {
    const isStale = problem instanceof ApiProblem && problem.problem.field === "estimate_id";
    if (!isStale) throw problem;
    return createStudy(request, newKey());
  }
}
