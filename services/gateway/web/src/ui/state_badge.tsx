/** A state as color, shape and word, so that none of the three is needed alone. */

import type { StudyState, TrialState } from "../api/types";
import { STUDY_STATE_WORDS, TRIAL_STATE_WORDS } from "../format/words";
import { Icon } from "./icons";
import type { IconName, Tone } from "./icons";

const STUDY_LOOKS: Record<StudyState, [Tone, IconName]> = {
  PENDING: ["idle", "clock"],
  RUNNING: ["accent", "spinner"],
  SUSPENDED: ["warn", "pause"],
  STOPPING: ["warn", "stop"],
  SUCCEEDED: ["good", "check"],
  FAILED: ["bad", "warning"],
  CANCELLED: ["idle", "cross"],
};

const TRIAL_LOOKS: Record<TrialState, [Tone, IconName]> = {
  PENDING: ["idle", "clock"],
  QUEUED: ["idle", "clock"],
  RUNNING: ["accent", "spinner"],
  SUCCEEDED: ["good", "check"],
  PRUNED: ["idle", "minus"],
  FAILED: ["bad", "warning"],
  CANCELLED: ["idle", "cross"],
};

export function StudyBadge({ state }: { state: StudyState }) {
  const [tone, icon] = STUDY_LOOKS[state];
  return (
    <span class={`badge-state tone-${tone}`} data-state={state}>
      <Icon name={icon} />
      {STUDY_STATE_WORDS[state]}
    </span>
  );
}

export function TrialBadge({ state, title }: { state: TrialState; title?: string }) {
  const [tone, icon] = TRIAL_LOOKS[state];
  return (
    <span class={`badge-state tone-${tone}`} data-state={state} title={title}>
      <Icon name={icon} />
      {TRIAL_STATE_WORDS[state]}
    </span>
  );
}
