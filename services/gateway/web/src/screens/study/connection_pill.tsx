/** Whether what is on the screen is now, and if not, as of when. */

import { timeOfDay } from "../../format/time";
import type { FeedStatus } from "../../api/feed";
import type { StudyStore } from "../../state/study";

const LOOKS: Record<FeedStatus, [string, string]> = {
  connecting: ["Connecting", "tone-idle"],
  live: ["Live", "live"],
  reconnecting: ["Reconnecting", "tone-warn"],
  offline: ["Offline", "tone-bad"],
  ended: ["Complete", "tone-idle"],
};

export function ConnectionPill({ store }: { store: StudyStore }) {
  const status = store.status.value;
  const [word, look] = LOOKS[status];
  const late = status === "reconnecting" || status === "offline";
  return (
    <span class={`pill ghost ${look}`} role="status" data-connection={status}>
      <span class={late ? "dot pulse" : "dot"} />
      {word}
      {late && `, data as of ${timeOfDay(store.asOf.value)}`}
    </span>
  );
}
