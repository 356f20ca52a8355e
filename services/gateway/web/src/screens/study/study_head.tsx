/** What the study is, how it stands, and the four verbs. */

import { useRef, useState } from "preact/hooks";
import { commandStudy } from "../../api/client";
import type { Verb } from "../../api/client";
import type { Study, StudyState } from "../../api/types";
import { isEndedStudy } from "../../format/words";
import type { StudyStore } from "../../state/study";
import { ProblemNote } from "../../ui/blank";
import { Chip, Icon } from "../../ui/icons";
import type { IconName } from "../../ui/icons";
import { StudyBadge } from "../../ui/state_badge";
import { ConnectionPill } from "./connection_pill";

/** The states that the server lets a user move a study from. */
const VERBS: { verb: Verb; label: string; icon: IconName; title: string; from: StudyState[] }[] = [
  {
    verb: "resume",
    label: "Resume",
    icon: "play",
    title: "Go on where it was suspended",
    from: ["SUSPENDED"],
  },
  {
    verb: "suspend",
    label: "Suspend",
    icon: "pause",
    title: "Start no new designs until it is resumed",
    from: ["PENDING", "RUNNING"],
  },
  {
    verb: "stop",
    label: "Stop",
    icon: "stop",
    title: "Let the running designs end, then finish with the best one",
    from: ["PENDING", "RUNNING", "SUSPENDED"],
  },
  {
    verb: "cancel",
    label: "Cancel",
    icon: "cross",
    title: "End it now; running designs are lost",
    from: ["PENDING", "RUNNING", "SUSPENDED", "STOPPING"],
  },
];

export function StudyHead({ store, study }: { store: StudyStore; study: Study }) {
  const [busy, setBusy] = useState<Verb | null>(null);
  const [error, setError] = useState<unknown>(null);
  const confirm = useRef<HTMLDialogElement>(null);

  async function command(verb: Verb): Promise<void> {
    setBusy(verb);
    setError(null);
    try {
      store.take(await commandStudy(study.study_id, verb));
    } catch (problem) {
      setError(problem);
    }
    setBusy(null);
  }

  return (
    <header class="stack">
      <div class="study-head">
        <div>
          <p class="crumbs">
            <a href="/">Studies</a> / {study.dataset_name}
          </p>
          <h1>{study.name}</h1>
          <StudyMeta store={store} study={study} />
        </div>
        <div class="verbs">
          {VERBS.filter(({ from }) => from.includes(study.state)).map((each) => (
            <button
              key={each.verb}
              type="button"
              class={`btn ${each.verb === "cancel" ? "btn-danger" : "btn-quiet"}`}
              title={each.title}
              disabled={busy !== null}
              onClick={() =>
                each.verb === "cancel" ? confirm.current?.showModal() : void command(each.verb)
              }
            >
              <Icon name={busy === each.verb ? "spinner" : each.icon} />
              {each.label}
            </button>
          ))}
        </div>
      </div>
      {error !== null && <ProblemNote error={error} />}
      {study.state === "FAILED" && study.detail !== "" && (
        <div class="note tone-bad">
          <Icon name="warning" />
          <p>{study.detail}</p>
        </div>
      )}
      <CancelDialog dialog={confirm} study={study} onConfirm={() => void command("cancel")} />
    </header>
  );
}

function StudyMeta({ store, study }: { store: StudyStore; study: Study }) {
  return (
    <div class="study-meta">
      <StudyBadge state={study.state} />
      {!isEndedStudy(study.state) && <ConnectionPill store={store} />}
      <Chip>{study.task}</Chip>
      <Chip>predicts {study.target}</Chip>
      {study.preset !== "" && <Chip>{study.preset}</Chip>}
      <Chip>{study.engine}</Chip>
      {study.halving !== "off" && <Chip>halving by {study.halving.factor}</Chip>}
      <Chip>seed {study.seed}</Chip>
    </div>
  );
}

interface CancelDialogProps {
  dialog: { current: HTMLDialogElement | null };
  study: Study;
  onConfirm: () => void;
}

function CancelDialog({ dialog, study, onConfirm }: CancelDialogProps) {
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="cancel-title">
      <h2 id="cancel-title">Cancel this study?</h2>
      <p>
        It ends now, and no test score is measured. The {study.progress.done} designs that are done
        stay on the leaderboard. To finish with the best one instead, use Stop.
      </p>
      <form method="dialog" class="row">
        <button class="btn btn-quiet">Keep it running</button>
        <button class="btn btn-danger" onClick={onConfirm}>
          Cancel the study
        </button>
      </form>
    </dialog>
  );
}
