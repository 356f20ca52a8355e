/** What the study is and how it stands; what can be done with it and written on it. */

import type { Study } from "../../../api/types";
import { isEndedStudy } from "../../../format/words";
import type { StudyStore } from "../../../state/study";
import { ProblemNote } from "../../../ui/blank";
import { Chip, Icon } from "../../../ui/icons";
import { StudyBadge } from "../../../ui/state_badge";
import { ConnectionPill } from "../connection_pill";
import { StudyMenu } from "./study_menu";
import { StudyName } from "./study_name";
import { StudyNote } from "./study_note";
import { StudyTags } from "./study_tags";
import { StudyVerbs } from "./study_verbs";
import { useAnswer } from "./use_answer";

export function StudyHead({ store, study }: { store: StudyStore; study: Study }) {
  const asking = useAnswer(store);
  return (
    <header class="stack">
      <div class="study-head">
        <div>
          <p class="crumbs">
            <a href="/">Studies</a> / {study.dataset_name}
          </p>
          <StudyName study={study} asking={asking} />
        </div>
        <div class="study-actions">
          <StudyVerbs study={study} asking={asking} />
          <StudyMenu study={study} asking={asking} />
        </div>
        <div class="study-facts">
          <StudyMeta store={store} study={study} />
          <StudyTags study={study} asking={asking} />
          <StudyNote study={study} asking={asking} />
        </div>
      </div>
      {asking.error !== null && <ProblemNote error={asking.error} />}
      {study.state === "FAILED" && study.detail !== "" && (
        <div class="note tone-bad">
          <Icon name="warning" />
          <p>{study.detail}</p>
        </div>
      )}
    </header>
  );
}

function StudyMeta({ store, study }: { store: StudyStore; study: Study }) {
  return (
    <div class="study-meta">
      <StudyBadge state={study.state} />
      {store.status.value !== "ended" && <ConnectionPill store={store} />}
      <Chip>{study.task}</Chip>
      <Chip>predicts {study.target}</Chip>
      {study.preset !== "" && <Chip>{study.preset}</Chip>}
      <Chip>{study.engine}</Chip>
      {study.halving !== "off" && <Chip>halving by {study.halving.factor}</Chip>}
      <Chip>seed {study.seed}</Chip>
      {study.deleted_at !== null && isEndedStudy(study.state) && <Chip tone="bad">deleted</Chip>}
    </div>
  );
}
