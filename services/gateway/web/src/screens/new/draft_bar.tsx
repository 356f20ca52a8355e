/** Says that there is a draft, where it comes from, and throws it away if asked to. */

import { useState } from "preact/hooks";
import type { Study } from "../../api/types";
import { studyAddress } from "../../router";
import type { Draft } from "../../state/draft";

interface DraftBarProps {
  draft: Draft;
  /** It differs from what one starts with, and would survive a reload. */
  isKept: boolean;
  source: Study | null;
  onThrow: () => void;
  onUndo: (draft: Draft) => void;
}

export function DraftBar({ draft, isKept, source, onThrow, onUndo }: DraftBarProps) {
  const [thrown, setThrown] = useState<Draft | null>(null);
  return (
    <p class="draft-bar small muted" role="status">
      {source && (
        <span>
          Filled from <a href={studyAddress(source.study_id)}>{source.name}</a>
        </span>
      )}
      {isKept && (
        <>
          <span>Draft kept in this browser</span>
          <button
            type="button"
            class="link-button"
            onClick={() => {
              setThrown(draft);
              onThrow();
            }}
          >
            Throw it away
          </button>
        </>
      )}
      {!isKept && thrown !== null && (
        <>
          <span>Draft thrown away</span>
          <button
            type="button"
            class="link-button"
            onClick={() => {
              onUndo(thrown);
              setThrown(null);
            }}
          >
            Undo
          </button>
        </>
      )}
    </p>
  );
}
