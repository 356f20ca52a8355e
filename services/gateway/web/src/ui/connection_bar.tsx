/** Says that the server is away and how old what is shown is; looks for it until it is back. */

import { useCallback } from "preact/hooks";
import { ping } from "../api/client";
import { offline } from "../api/connection";
import { timeOfDay } from "../format/time";
import { usePolling } from "./hooks";
import { Icon } from "./icons";

const LOOK_MS = 3_000;

export function ConnectionBar() {
  const shownAt = offline.value?.shownAt ?? null;
  return (
    <div role="status" aria-live="polite">
      {shownAt !== null && <Offline shownAt={shownAt} />}
    </div>
  );
}

function Offline({ shownAt }: { shownAt: number }) {
  const look = useCallback(() => void ping(), []);
  usePolling(look, LOOK_MS);
  return (
    <div class="connection-bar">
      <div>
        <Icon name="unplugged" />
        <span>
          <strong>The server can’t be reached.</strong> What you see is as of {timeOfDay(shownAt)}.
          Nothing that was accepted is lost.
        </span>
        <button type="button" class="btn btn-quiet btn-small" onClick={look}>
          Try now
        </button>
      </div>
    </div>
  );
}
