/** A note on the study, in its own words: plain text, folded away until it is wanted. */

import { useId, useState } from "preact/hooks";
import { describeStudy } from "../../../api/studies";
import type { Study } from "../../../api/types";
import { count } from "../../../format/numbers";
import { Icon } from "../../../ui/icons";
import type { Asking } from "./use_answer";

const LONGEST = 10_000;

export function StudyNote({ study, asking }: { study: Study; asking: Asking }) {
  const id = useId();
  // What the server has is shown until somebody writes.
  const [draft, setDraft] = useState<string | null>(null);
  const text = draft ?? study.note;
  const isChanged = draft !== null && draft !== study.note;
  const save = (): void =>
    void asking
      .ask("note", () => describeStudy(study.study_id, { note: text }))
      .then((saved) => saved && setDraft(null));
  return (
    <details class="study-note">
      <summary>
        <Icon name="note" />
        {study.note.trim() === "" ? (
          <span class="muted">Add a note</span>
        ) : (
          <>
            <strong>Note</strong>
            <span class="muted truncate">{firstLine(study.note)}</span>
          </>
        )}
      </summary>
      <textarea
        class="form-control"
        aria-label="Note on the study"
        aria-describedby={id}
        rows={5}
        maxLength={LONGEST}
        value={text}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      <div class="row">
        <button
          type="button"
          class="btn btn-primary btn-small"
          disabled={!isChanged || asking.busy !== null}
          onClick={save}
        >
          Save the note
        </button>
        {isChanged && (
          <button type="button" class="btn btn-quiet btn-small" onClick={() => setDraft(null)}>
            Discard the changes
          </button>
        )}
        <span id={id} class="muted small">
          {count(text.length)} of {count(LONGEST)} characters, shown as written
        </span>
      </div>
    </details>
  );
}

function firstLine(note: string): string {
  return note.trim().split("\n", 1)[0] ?? "";
}
