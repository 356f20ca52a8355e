/** Whether what is on the screen is now; if not, as of when, and when the server is asked again. */

import type { FeedStatus } from "../../api/feed";
import { clock, timeOfDay } from "../../format/time";
import type { StudyStore } from "../../state/study";
import { useNow } from "../../ui/hooks";

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
    <span class="connection">
      <span class={`pill ghost ${look}`} role="status" data-connection={status}>
        <span class={late ? "dot pulse" : "dot"} />
        {word}
        {late && <AsOf store={store} />}
      </span>
      {late && <NextTry store={store} />}
    </span>
  );
}

function AsOf({ store }: { store: StudyStore }) {
  return <>, data as of {timeOfDay(store.asOf.value)}</>;
}

/** Outside of the live region: a screen reader isn't told every second. */
function NextTry({ store }: { store: StudyStore }) {
  const at = store.nextTry.value;
  const now = useNow(at !== null);
  if (at === null) return <span class="muted small">trying now</span>;
  return (
    <>
      <span class="muted small tabular" data-testid="next-try">
        next try in {clock(Math.ceil(Math.max(0, at - now) / 1000))}
      </span>
      <button type="button" class="link-button small" onClick={store.tryNow}>
        Try now
      </button>
    </>
  );
}
