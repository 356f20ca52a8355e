import { describe, expect, it } from "vitest";
import { playStudy } from "../mock/play";
import { blankStudy, MockStudy } from "../mock/studies";
import { profile, sampleCsv } from "../mock/tables";
import { boardRows } from "../screens/study/board_rows";
import { jitter, summarizeDepths, timedTrials } from "./depths";
import { scoreColor, scoreRange } from "./score_scale";
import { plainText } from "./theme";

const table = profile("penguins.csv", sampleCsv());
const request = { dataset_id: table.dataset_id, target: "species" };
// Created long ago: everything has happened.
const ended = new MockStudy(blankStudy("s", table, request, 0), 0).view();

describe("a whole study", () => {
  it("ends with every trial ended and one test score", () => {
    expect(ended.study.state).toBe("SUCCEEDED");
    expect(ended.study.progress.done).toBe(64);
    const tested = [...ended.trials.values()].filter((trial) => trial.score_test !== null);
    expect(tested.map((trial) => trial.number)).toEqual([ended.study.best?.number]);
    expect(playStudy(blankStudy("s", table, request, 0)).length).toBeGreaterThan(500);
  });

  it("ranks what succeeded, from 1 without a gap, and nothing else", () => {
    const rows = boardRows(ended);
    expect(rows[0]?.trial.number).toBe(ended.study.best?.number);
    const ranks = rows.flatMap((row) => (row.rank === null ? [] : [row.rank]));
    expect(ranks).toEqual(ranks.map((_, index) => index + 1));
    const failed = rows.filter((row) => row.trial.state === "FAILED");
    expect(failed.every((row) => row.rank === null)).toBe(true);
  });

  it("shows what a rung has dropped, with its score and without a rank", () => {
    const dropped = boardRows(ended).filter((row) => row.trial.state === "PRUNED");
    expect(dropped.length).toBeGreaterThan(0);
    for (const row of dropped) {
      expect(row.rank).toBeNull();
      expect(row.score).not.toBeNull();
      expect(row.trial.stop_reason).toBe("rung");
    }
  });

  it("sums up each depth, without the time of those that a rung has dropped", () => {
    const timed = timedTrials(ended.trials.values());
    expect(timed.every(({ trial }) => trial.state !== "PRUNED")).toBe(true);
    const depths = summarizeDepths(timed);
    expect(depths.map((depth) => depth.layers)).toEqual([1, 2, 3, 4]);
    expect(depths.reduce((sum, depth) => sum + depth.trials, 0)).toBe(timed.length);
    for (const depth of depths) {
      expect(depth.low).toBeLessThanOrEqual(depth.median);
      expect(depth.median).toBeLessThanOrEqual(depth.high);
    }
  });
});

describe("colors and places", () => {
  it("are the same for the same score", () => {
    const range = scoreRange([0.5, 0.9, null]);
    expect(scoreColor(0.9, range)).toContain("--score-4");
    expect(scoreColor(0.2, range)).toBe(scoreColor(0.5, range));
  });

  it("stay within a depth's width", () => {
    for (let number = 1; number < 100; number += 1) {
      expect(Math.abs(jitter(number))).toBeLessThanOrEqual(1);
    }
  });

  it("never let a name become a tag", () => {
    expect(plainText("<b>&")).toBe("&lt;b&gt;&amp;");
  });
});
