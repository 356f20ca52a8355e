/** The study's name, which can be changed where it stands. */

import { useEffect, useRef, useState } from "preact/hooks";
import { describeStudy } from "../../../api/studies";
import type { Study } from "../../../api/types";
import { Icon } from "../../../ui/icons";
import type { Asking } from "./use_answer";

const LONGEST = 200;

export function StudyName({ study, asking }: { study: Study; asking: Asking }) {
  const [draft, setDraft] = useState<string | null>(null);
  const rename = useRef<HTMLButtonElement>(null);
  const wasEditing = useRef(false);
  useEffect(() => {
    // The keyboard goes on where it was before the field.
    if (draft === null && wasEditing.current) rename.current?.focus();
    wasEditing.current = draft !== null;
  }, [draft === null]);

  async function save(name: string): Promise<void> {
    const isNew = name !== "" && name !== study.name;
    const request = () => describeStudy(study.study_id, { name });
    if (!isNew || (await asking.ask("name", request))) setDraft(null);
  }

  if (draft !== null) {
    return (
      <NameForm
        draft={draft}
        busy={asking.busy !== null}
        onDraft={setDraft}
        onSave={() => void save(draft.trim())}
        onLeave={() => setDraft(null)}
      />
    );
  }
  return (
    <div class="study-name">
      <h1>{study.name}</h1>
      <button
        ref={rename}
        type="button"
        class="icon-button"
        aria-label="Rename the study"
        title="Rename"
        onClick={() => setDraft(study.name)}
      >
        <Icon name="edit" />
      </button>
    </div>
  );
}

interface NameFormProps {
  draft: string;
  busy: boolean;
  onDraft: (name: string) => void;
  onSave: () => void;
  onLeave: () => void;
}

function NameForm({ draft, busy, onDraft, onSave, onLeave }: NameFormProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <form
      class="study-name"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onLeave();
      }}
    >
      <h1 class="visually-hidden">{draft}</h1>
      <input
        ref={field}
        class="form-control"
        aria-label="Name of the study"
        maxLength={LONGEST}
        value={draft}
        onInput={(event) => onDraft(event.currentTarget.value)}
      />
      <button class="btn btn-primary" disabled={busy || draft.trim() === ""}>
        Save
      </button>
      <button type="button" class="btn btn-quiet" onClick={onLeave}>
        Back
      </button>
    </form>
  );
}
