/** What happened to a study, newest first. */

import { useEffect, useState } from "preact/hooks";
import { listActivity } from "../../../api/studies";
import type { Activity, Study } from "../../../api/types";
import { counted } from "../../../format/numbers";
import { isEndedStudy } from "../../../format/words";
import { query, setQuery, trialAddress } from "../../../router";
import { useResource } from "../../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../../ui/blank";
import { usePolling } from "../../../ui/hooks";
import { Panel } from "../../../ui/panel";
import type { ActivityKind } from "./activity_words";
import { kindOf } from "./activity_words";
import { happeningsOf, rangesOf } from "./happenings";
import type { Happening } from "./happenings";

const POLL_MS = 2_000;
const MOST_LINKS = 4;
const KINDS: [ActivityKind | "all", string][] = [
  ["all", "All"],
  ["study", "Study"],
  ["trials", "Trials"],
  ["cohorts", "Cohorts"],
  ["failures", "Failures"],
];

export function ActivityTab({ study }: { study: Study }) {
  const id = study.study_id;
  const latest = useResource(() => listActivity(id), [id]);
  const asked = query.value.get("kind");
  const kind = KINDS.find(([each]) => each === asked)?.[0] ?? "all";
  const older = useOlder(id, latest.value?.next_page_token ?? "");
  usePolling(() => {
    if (!isEndedStudy(study.state)) latest.refresh();
  }, POLL_MS);
  const entries = merged(latest.value?.entries ?? [], older.entries);
  const shown = happeningsOf(entries.filter((each) => kind === "all" || kindOf(each) === kind));
  return (
    <Panel
      title="Activity"
      subtitle="Newest first; epochs are in the curves"
      actions={<KindChoice kind={kind} onChoose={(chosen) => setQuery({ kind: chosen === "all" ? null : chosen }, { replace: true })} />}
    >
      {latest.value === null && latest.error === null && <Skeleton label="Loading the activity" />}
      {latest.error !== null && <ProblemNote error={latest.error} onRetry={latest.reload} />}
      {older.error !== null && <ProblemNote error={older.error} onRetry={older.more} />}
      {latest.value !== null && shown.length === 0 && (
        <Blank icon="search" title="Nothing of this kind" text="Choose another kind above." />
      )}
      <ol class="activity">
        {shown.map((each) => (
          <Entry key={each.seq} happening={each} studyId={id} />
        ))}
      </ol>
      {latest.value !== null && (
        <div class="table-foot">
          <span>
            {counted(entries.length, "event")}
            {older.token !== "" && ", the newest ones"}
          </span>
          {older.token !== "" && (
            <button type="button" class="btn btn-quiet btn-small" onClick={older.more}>
              Show older ones
            </button>
          )}
        </div>
      )}
    </Panel>
  );
}

interface EntryProps {
  happening: Happening;
  studyId: string;
}

function Entry({ happening: { time, kind, words, trials }, studyId }: EntryProps) {
  return (
    <li class={kind === "failures" ? "bad" : undefined}>
      <time dateTime={time} title={new Date(time).toLocaleString()} class="muted small tabular">
        {new Date(time).toLocaleTimeString()}
      </time>
      <span>
        {words}
        {trials.length > MOST_LINKS && <span class="muted"> · {rangesOf(trials)}</span>}
      </span>
      {trials.length > 0 && trials.length <= MOST_LINKS && (
        <span class="trial-links">
          {trials.map((number) => (
            <a key={number} href={trialAddress(studyId, number)} aria-label={`Trial ${number}`}>
              {number}
            </a>
          ))}
        </span>
      )}
    </li>
  );
}

interface KindChoiceProps {
  kind: ActivityKind | "all";
  onChoose: (kind: ActivityKind | "all") => void;
}

function KindChoice({ kind, onChoose }: KindChoiceProps) {
  return (
    <div class="segments" role="group" aria-label="Kinds of activity">
      {KINDS.map(([each, label]) => (
        <button
          key={each}
          type="button"
          aria-pressed={kind === each}
          onClick={() => onChoose(each)}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

/** What the first page left out, page after page. */
function useOlder(id: string, firstToken: string) {
  const [entries, setEntries] = useState<Activity[]>([]);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setEntries([]);
    setNext(null);
  }, [id]);
  const token = next ?? firstToken;
  const more = (): void => {
    setError(null);
    listActivity(id, token).then((page) => {
      setEntries((before) => [...before, ...page.entries]);
      setNext(page.next_page_token);
    }, setError);
  };
  return { entries, error, token, more };
}

/** Pages overlap while a study goes on. */
function merged(latest: readonly Activity[], older: readonly Activity[]): Activity[] {
  const bySeq = new Map([...older, ...latest].map((each) => [each.seq, each]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
}
