import { describe, expect, it } from "vitest";
import type { LiveTrial } from "./fold";
import { TrialTable } from "./trial_table";

const trial = (number: number, epochs = 0): LiveTrial => ({ number, epochs }) as LiveTrial;
const upTo = (last: number): LiveTrial[] =>
  Array.from({ length: last }, (_, index) => trial(index + 1));

describe("a table of trials", () => {
  it("is in the order of the numbers, whatever order they came in", () => {
    const table = TrialTable.of([trial(300), trial(2), trial(127), trial(128)]);
    expect([...table.keys()]).toEqual([2, 127, 128, 300]);
    expect(table.size).toBe(4);
    expect(table.has(3)).toBe(false);
    expect(table.get(10_000)).toBeUndefined();
  });

  it("stays as it was when the next version is made", () => {
    const before = TrialTable.of(upTo(1_000));
    const draft = before.edit();
    draft.set(trial(500, 7));
    draft.set(trial(1_001));
    const after = draft.done();
    expect([before.get(500)?.epochs, after.get(500)?.epochs]).toEqual([0, 7]);
    expect([before.size, after.size]).toEqual([1_000, 1_001]);
  });

  it("shares with its next version every trial that did not change", () => {
    const before = TrialTable.of(upTo(10_000));
    const draft = before.edit();
    draft.set(trial(4_000, 1));
    const after = draft.done();
    const changed = [...after.values()].filter((each) => before.get(each.number) !== each);
    expect(changed.map(({ number }) => number)).toEqual([4_000]);
  });

  it("reads like any map", () => {
    const trials = upTo(130);
    const table = TrialTable.of(trials);
    const visited: number[] = [];
    table.forEach((each, number) => visited.push(each.number === number ? number : -1));
    expect(visited).toEqual(trials.map(({ number }) => number));
    expect(new Map(table).get(130)).toBe(trials[129]);
  });
});
