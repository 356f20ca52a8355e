/** Entries of a study's log as somebody would tell them: what happened to many trials at once, once. */

import type { Activity } from "../../../api/types";
import { activityWords, kindOf, numberOf, stepOf, trialsWords } from "./activity_words";
import type { ActivityKind } from "./activity_words";

export interface Happening {
  /** Of its newest entry. */
  seq: number;
  time: string;
  kind: ActivityKind;
  words: string;
  /** Of the trials that it is about, ascending. */
  trials: readonly number[];
}

/** :param entries: newest first; so are the happenings. */
export function happeningsOf(entries: readonly Activity[]): Happening[] {
  const groups: Activity[][] = [];
  for (const entry of entries) {
    const group = groups.at(-1);
    if (group?.[0] && isAlike(group[0], entry)) group.push(entry);
    else groups.push([entry]);
  }
  return groups.map(happeningOf);
}

function isAlike(one: Activity, other: Activity): boolean {
  return numberOf(one.subject) !== "" && stepOf(one) === stepOf(other);
}

function happeningOf(group: readonly Activity[]): Happening {
  const [newest] = group as [Activity];
  const numbers = group.map(({ subject }) => numberOf(subject)).filter((each) => each !== "");
  return {
    seq: newest.seq,
    time: newest.time,
    kind: kindOf(newest),
    words: group.length === 1 ? activityWords(newest) : trialsWords(group),
    trials: [...new Set(numbers.map(Number))].sort((a, b) => a - b),
  };
}

/** `105–113, 129`. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const each of numbers) {
    const last = ranges.at(-1);
    if (last && each === last[1] + 1) last[1] = each;
    else ranges.push([each, each]);
  }
  return ranges.map(([low, high]) => (low === high ? `${low}` : `${low}–${high}`)).join(", ");
}
