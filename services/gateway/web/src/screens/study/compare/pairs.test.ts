import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../api/verdict";
import type { LiveTrial } from "../../../state/fold";
import { pairsOf } from "./pairs";

const contender = (name: string, trial: number | null, repeats: number) => ({ name, trial, repeats });
const compared = (first: string, second: string) => ({ first, second, sentence: `${first}/${second}` });
const trials = (...numbers: number[]) => numbers.map((number) => ({ number }) as LiveTrial);

const verdict = {
  contenders: [contender("a", 3, 5), contender("b", 7, 5), contender("c", 9, 5), contender("d", 4, 0)],
  rivals: [compared("a", "b"), compared("a", "c")],
  baselines: [],
} as unknown as Verdict;

describe("the pairs that are compared", () => {
  it("has the verdict's sentence where both were in the finals", () => {
    const { known, once } = pairsOf(verdict, trials(7, 3));
    expect(known.map(({ sentence }) => sentence)).toEqual(["a/b"]);
    expect(once).toEqual([]);
  });

  it("names those that were trained once", () => {
    expect(pairsOf(verdict, trials(3, 4, 12)).once).toEqual([4, 12]);
    expect(pairsOf(null, trials(1, 2)).once).toEqual([1, 2]);
  });

  it("knows that finalists were compared with the winner alone", () => {
    const { known, finalists } = pairsOf(verdict, trials(7, 9));
    expect([known.length, finalists]).toEqual([0, 2]);
  });
});
