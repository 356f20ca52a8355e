/** Learning curves of a few trials: each fetched once, then grown by the study's events.
 *
 * A curve that is fetched again with every epoch costs the server the trial's whole log each time;
 * of quick epochs, requests would pile up faster than they are answered.
 */

import { getTrial } from "../api/client";
import type { StudyEvent } from "../api/events";
import type { CurvePoint } from "../api/types";
import { isEndedTrial } from "../format/words";
import type { LiveTrial } from "./fold";

interface Kept {
  /** What was asked for last; empty: that failed. */
  version: string;
  attempt: number;
  points: readonly CurvePoint[];
  /** Epochs heard of while the others are on their way; null: none are. */
  ahead: CurvePoint[] | null;
}

const open = new Set<LiveCurves>();

/** Every event of a study, once and in order. */
export function growCurves(studyId: string, events: readonly StudyEvent[]): void {
  for (const curves of open) if (curves.studyId === studyId) curves.take(events);
}

/** Events may have been missed: what is known is asked for anew. */
export function refetchCurves(studyId: string): void {
  for (const curves of open) if (curves.studyId === studyId) curves.refetch();
}

export class LiveCurves {
  private readonly kept = new Map<number, Kept>();
  private trials: readonly LiveTrial[] = [];

  /** `most`: points of a curve that has more; `onChange` with an error where one can't be read. */
  constructor(
    readonly studyId: string,
    private readonly most: number,
    private readonly onChange: (error: unknown) => void,
  ) {}

  /** Hears of events until what it returns is called. */
  readonly listen = (): (() => void) => {
    open.add(this);
    return () => open.delete(this);
  };

  /** Asks for what isn't known, and forgets the others: over hours they would be many. */
  watch(trials: readonly LiveTrial[]): void {
    this.trials = trials;
    const wanted = new Set(trials.map(({ number }) => number));
    for (const number of this.kept.keys()) if (!wanted.has(number)) this.kept.delete(number);
    for (const trial of trials) {
      if (this.kept.get(trial.number)?.version !== versionOf(trial)) void this.fetch(trial);
    }
  }

  refetch(): void {
    for (const kept of this.kept.values()) kept.version = "";
    this.watch(this.trials);
  }

  points(number: number): readonly CurvePoint[] {
    return this.kept.get(number)?.points ?? [];
  }

  take(events: readonly StudyEvent[]): void {
    for (const { type, data } of events) {
      if (type !== "trial.epochs_reported") continue;
      for (const { number, ...point } of data.reports) {
        const kept = this.kept.get(number);
        if (kept?.attempt === data.attempt) this.append(kept, point);
      }
    }
  }

  private append(kept: Kept, point: CurvePoint): void {
    if (kept.ahead !== null) kept.ahead.push(point);
    else kept.points = joined(kept.points, [point], this.most);
  }

  private async fetch(trial: LiveTrial): Promise<void> {
    const before = this.kept.get(trial.number);
    const kept: Kept = {
      version: versionOf(trial),
      attempt: trial.attempt,
      points: before?.points ?? [],
      ahead: [],
    };
    this.kept.set(trial.number, kept);
    const isCurrent = (): boolean => this.kept.get(trial.number) === kept;
    try {
      const { curve } = await getTrial(this.studyId, trial.number, this.most);
      if (!isCurrent()) return;
      kept.points = joined(curve, kept.ahead ?? [], this.most);
      kept.ahead = null;
      this.onChange(null);
    } catch (problem) {
      if (!isCurrent()) return;
      kept.version = "";
      kept.ahead = null;
      this.onChange(problem);
    }
  }
}

/** Changes when what is known is no longer the whole truth, or belongs to a lost attempt. */
export function versionOf(trial: LiveTrial): string {
  return isEndedTrial(trial.state) ? "end" : `${trial.attempt}`;
}

function joined(
  before: readonly CurvePoint[],
  more: readonly CurvePoint[],
  most: number,
): readonly CurvePoint[] {
  const last = before.at(-1)?.epoch ?? 0;
  const all = [...before, ...more.filter(({ epoch }) => epoch > last)];
  return all.length <= 2 * most ? all : thinned(all, most);
}

/** With both ends. */
function thinned(points: readonly CurvePoint[], most: number): CurvePoint[] {
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, place) => points[Math.round(place * step)]!);
}
