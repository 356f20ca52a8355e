/** A verdict's contenders as rows of one table: designs, best first, then baselines. */

import { focusedScale } from "../../../charts/interval_scale";
import type { Mark, Scale } from "../../../charts/interval_scale";
import type { Comparison, Contender, Interval, Verdict } from "../../../api/verdict";
import type { Relation } from "../../../api/verdict";

export interface Finalist {
  contender: Contender;
  isWinner: boolean;
  isSmallest: boolean;
  /** Another round could still tell it from the best. */
  isOpen: boolean;
  /** Against the winner, seen from this one; null for the winner itself. */
  against: Against | null;
}

export interface Against {
  relation: Relation;
  /** By how much this one is better than the winner; mostly negative. */
  difference: number | null;
  interval: Interval | null;
  repeats: number;
  sentence: string;
}

export interface FinalistTable {
  designs: Finalist[];
  baselines: Finalist[];
  /** Of the means: the designs fill it; a baseline that is far off is beyond its end. */
  scale: Scale;
  /** That of the means' intervals, to be said once; null: there are none. */
  level: number | null;
}

export function finalistTable(verdict: Verdict): FinalistTable {
  const comparisons = new Map(
    [...verdict.rivals, ...verdict.baselines].map((each) => [each.second, each]),
  );
  const rows = verdict.contenders.map((contender) => ({
    contender,
    isWinner: contender.name === verdict.winner,
    isSmallest: contender.name === verdict.smallest,
    isOpen: !verdict.is_final && verdict.survivors.includes(contender.name),
    against: turned(comparisons.get(contender.name)),
  }));
  const designs = rows.filter((row) => row.contender.baseline === null);
  const baselines = rows.filter((row) => row.contender.baseline !== null);
  const intervals = verdict.contenders.flatMap(({ interval }) => interval ?? []);
  return {
    designs,
    baselines,
    scale: focusedScale(designs.map(markOf), baselines.map(markOf)),
    level: intervals[0]?.level ?? null,
  };
}

export function markOf({ contender }: Finalist): Mark {
  return { value: contender.mean ?? contender.score_val, interval: contender.interval };
}

/** A comparison says how much better the winner is; a row says how much better it is itself. */
function turned(comparison: Comparison | undefined): Against | null {
  if (!comparison) return null;
  const { difference, interval, relation } = comparison;
  const seen: Record<Relation, Relation> = {
    beats: "loses",
    loses: "beats",
    undecided: "undecided",
  };
  return {
    relation: seen[relation],
    difference: difference === null ? null : -difference,
    interval: interval && { ...interval, low: -interval.high, high: -interval.low },
    repeats: comparison.repeats,
    sentence: comparison.sentence,
  };
}

/** How many times more parameters the winner has than the smallest good design; null: the same. */
export function parameterRatio(verdict: Verdict): number | null {
  const of = (name: string | null): number | null =>
    verdict.contenders.find((each) => each.name === name)?.n_params ?? null;
  const [large, small] = [of(verdict.winner), of(verdict.smallest)];
  return large !== null && small !== null && small > 0 && small < large ? large / small : null;
}

/** What stands below the headline. What has a part of its own on the page is not said twice, and
 *  of a tie, which the headline tells, the table of finalists tells each pair.
 */
export function mainSentences(verdict: Verdict): string[] {
  const pairs = verdict.outcome === "tie" ? verdict.rivals : [];
  const elsewhere = new Set([
    verdict.headline,
    ...verdict.headline.split("; "),
    verdict.advice,
    ...[...verdict.ablation, ...pairs].map((each) => each.sentence),
  ]);
  return verdict.sentences.filter((each) => !elsewhere.has(each));
}
