/** Everything that is chosen for a study, with a summary that starts it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { createStudy } from "../../api/client";
import type { ColumnKind, Dataset } from "../../api/types";
import type { Preview } from "../../csv/preview";
import { SEARCH_WORDS } from "../../format/design_words";
import { metricName } from "../../format/metric";
import { bytes, counted } from "../../format/numbers";
import { navigate, studyAddress } from "../../router";
import {
  draftComplaint,
  forgetDraft,
  loadDraft,
  metricOf,
  requestOf,
  saveDraft,
  taskOf,
} from "../../state/draft";
import type { Draft } from "../../state/draft";
import { newKey } from "../../state/key";
import { ProblemNote } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { ColumnsTable } from "./columns_table";
import { EstimateBox } from "./estimate_box";
import { JudgingPanel } from "./judging_panel";
import { PreviewTable } from "./preview_table";
import { SearchPanel } from "./search_panel";
import { TargetPanel } from "./target_panel";
import { forgetUpload } from "./upload";
import { useEstimate } from "./use_estimate";

interface StudyFormProps {
  dataset: Dataset;
  preview: Preview | null;
}

export function StudyForm({ dataset, preview }: StudyFormProps) {
  const [draft, setDraft] = useState(() => loadDraft(dataset));
  const change = (part: Partial<Draft>): void =>
    setDraft((now) => {
      const next = { ...now, ...part };
      // At once: the page may be reloaded before it is drawn again.
      saveDraft(dataset.dataset_id, next);
      return next;
    });
  return (
    <div class="new-study">
      <div class="stack loose">
        <TableNotes dataset={dataset} />
        <TablePanel dataset={dataset} preview={preview} draft={draft} change={change} />
        <TargetPanel dataset={dataset} draft={draft} change={change} />
        <SearchPanel dataset={dataset} draft={draft} change={change} />
        <JudgingPanel dataset={dataset} draft={draft} change={change} />
      </div>
      <Review dataset={dataset} draft={draft} />
    </div>
  );
}

/** Warnings about the whole table; those about a column stand beside it. */
function TableNotes({ dataset }: { dataset: Dataset }) {
  const notes = dataset.warnings.filter((warning) => !warning.column);
  return (
    <>
      {notes.map((note) => (
        <div key={note.code + note.detail} class="note tone-warn">
          <Icon name="warning" />
          <p>{note.detail}</p>
        </div>
      ))}
    </>
  );
}

interface TablePanelProps extends StudyFormProps {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
}

function TablePanel({ dataset, preview, draft, change }: TablePanelProps) {
  const [rows, setRows] = useState(false);
  const onKind = (column: string, kind: ColumnKind): void => {
    const kinds = { ...draft.kinds, [column]: kind };
    if (dataset.columns.find((each) => each.name === column)?.kind === kind) delete kinds[column];
    change({ kinds });
  };
  const tabs = preview && (
    <div class="segments">
      <button type="button" aria-pressed={!rows} onClick={() => setRows(false)}>
        Columns
      </button>
      <button type="button" aria-pressed={rows} onClick={() => setRows(true)}>
        Rows
      </button>
    </div>
  );
  return (
    <Panel
      title="The table"
      subtitle="Kinds are inferred over every row; change one if it is wrong"
      actions={tabs}
      flush
    >
      {rows && preview ? (
        <PreviewTable preview={preview} />
      ) : (
        <ColumnsTable dataset={dataset} draft={draft} onKind={onKind} />
      )}
    </Panel>
  );
}

function Review({ dataset, draft }: { dataset: Dataset; draft: Draft }) {
  const [starting, setStarting] = useState(false);
  const [error, setError] = useState<unknown>(null);
  // A second click, or a retry after a broken connection, must not start a second study.
  const key = useRef(newKey());
  const complaint = draftComplaint(draft);
  const task = taskOf(dataset, draft);
  const request = complaint === null ? requestOf(dataset.dataset_id, draft) : null;
  const asked = useEstimate(request);

  useEffect(() => {
    key.current = newKey();
  }, [draft]);

  async function start(): Promise<void> {
    if (request === null) return;
    setStarting(true);
    setError(null);
    try {
      const estimate_id = asked.estimate?.estimate_id;
      const study = await createStudy({ ...request, estimate_id }, key.current);
      forgetDraft(dataset.dataset_id);
      forgetUpload();
      navigate(studyAddress(study.study_id));
    } catch (problem) {
      setError(problem);
      setStarting(false);
    }
  }

  return (
    <aside class="stack">
      <section class="panel review" aria-labelledby="review">
        <div class="panel-body">
          <h2 id="review">Your study</h2>
          <dl>
            <dt>Table</dt>
            <dd>{dataset.name}</dd>
            <dt>Size</dt>
            <dd>
              {counted(dataset.rows, "row")} × {dataset.columns.length} ·{" "}
              {bytes(dataset.size_bytes)}
            </dd>
            <dt>Predicts</dt>
            <dd>{draft.target}</dd>
            <dt>Task</dt>
            <dd>{task}</dd>
            <dt>Judged by</dt>
            <dd>{metricName(metricOf(task, draft))}</dd>
            <dt>Designs</dt>
            <dd>{budgetWords(draft)}</dd>
            <dt>Search</dt>
            <dd>{SEARCH_WORDS[draft.search][0]}</dd>
            <dt>Verdict</dt>
            <dd>{draft.verdict === "auto" ? "yes" : "no, search only"}</dd>
          </dl>
          <EstimateBox asked={asked} disabled={complaint !== null || starting} />
          <button
            type="button"
            class="btn btn-primary btn-large"
            disabled={complaint !== null || starting}
            onClick={() => void start()}
          >
            {starting ? <Icon name="spinner" /> : <Icon name="play" />}
            {starting ? "Starting" : "Start the study"}
          </button>
          <p class="why">
            {complaint
              ? complaint.text
              : "A fifth of the rows is kept aside and touched once, at the end."}
          </p>
        </div>
      </section>
      {error !== null && <ProblemNote error={error} />}
      <p class="small muted">
        Another table? <a href="/new">Start over</a>
      </p>
    </aside>
  );
}

function budgetWords(draft: Draft): string {
  const parts: string[] = [];
  if (draft.designs !== "") parts.push(`up to ${draft.designs}`);
  if (draft.minutes !== "") parts.push(`${draft.minutes}\u202fmin`);
  return parts.join(", ");
}
