/** The study's tags, to find it by in the list. */

import { useState } from "preact/hooks";
import { describeStudy } from "../../../api/studies";
import type { Study } from "../../../api/types";
import { Icon } from "../../../ui/icons";
import type { Asking } from "./use_answer";

const MOST = 20;
const LONGEST = 40;

export function StudyTags({ study, asking }: { study: Study; asking: Asking }) {
  const { tags } = study;
  const replace = (next: readonly string[]): Promise<boolean> =>
    asking.ask("tags", () => describeStudy(study.study_id, { tags: next }));
  return (
    <div class="study-tags" role="group" aria-label="Tags">
      {tags.map((tag) => (
        <span key={tag} class="tag">
          {tag}
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            disabled={asking.busy !== null}
            onClick={() => void replace(tags.filter((each) => each !== tag))}
          >
            <Icon name="cross" />
          </button>
        </span>
      ))}
      {tags.length < MOST && (
        <NewTag
          busy={asking.busy !== null}
          onAdd={(tag) => (tags.includes(tag) ? Promise.resolve(true) : replace([...tags, tag]))}
        />
      )}
    </div>
  );
}

interface NewTagProps {
  busy: boolean;
  /** Resolves with whether it was added, or there already. */
  onAdd: (tag: string) => Promise<boolean>;
}

function NewTag({ busy, onAdd }: NewTagProps) {
  const [draft, setDraft] = useState("");
  const tag = draft.trim();
  return (
    <form
      class="new-tag"
      onSubmit={(event) => {
        event.preventDefault();
        if (tag === "" || busy) return;
        void onAdd(tag).then((added) => added && setDraft(""));
      }}
    >
      <Icon name="tag" />
      <input
        aria-label="New tag"
        placeholder="Add a tag"
        maxLength={LONGEST}
        value={draft}
        onInput={(event) => setDraft(event.currentTarget.value)}
      />
      {tag !== "" && (
        <button class="link-button small" disabled={busy}>
          Add
        </button>
      )}
    </form>
  );
}
