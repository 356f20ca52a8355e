import { describe, expect, it } from "vitest";
import { playStudy } from "../mock/play";
import { blankStudy, MockStudy } from "../mock/studies";
import { profile, sampleCsv } from "../mock/tables";
import { boardRows, countPurposes } from "../screens/study/board/board_rows";
import { bestSoFar } from "./best_so_far";
import { jitter, summarizeDepths, timedTrials } from "./depths";
import { beyond, focusedScale, place, scaleOf, ticks } from "./interval_scale";
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
    expect(ended.verdict?.is_final).toBe(true);
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
    expect(timed.every(({ trial }) => trial.purpose === "search")).toBe(true);
    expect(timed.every(({ trial }) => trial.state !== "PRUNED")).toBe(true);
    const depths = summarizeDepths(timed, "accuracy");
    expect(depths.map((depth) => depth.layers)).toEqual([1, 2, 3, 4]);
    expect(depths.reduce((sum, depth) => sum + depth.trials, 0)).toBe(timed.length);
    for (const depth of depths) {
      expect(depth.low).toBeLessThanOrEqual(depth.median);
      expect(depth.median).toBeLessThanOrEqual(depth.high);
    }
  });
});

describe("the best so far", () => {
  it("never gets worse, and ends with the best", () => {
    const steps = bestSoFar(ended.trials.values(), "accuracy");
    for (const [index, step] of steps.entries()) {
      expect(step.best ?? 0).toBeGreaterThanOrEqual(steps[index - 1]?.best ?? 0);
      if (step.trial.state === "PRUNED") expect(step.isBetter).toBe(false);
      else expect(step.best).toBeGreaterThanOrEqual(step.score);
    }
    expect(steps[steps.length - 1]?.best).toBe(ended.study.best?.score_val);
  });

  it("falls where lower is better", () => {
    const steps = bestSoFar(ended.trials.values(), "log_loss");
    const whole = steps.filter((step) => step.trial.state === "SUCCEEDED");
    const lowest = Math.min(...whole.map((step) => step.score));
    expect(steps[steps.length - 1]?.best).toBe(lowest);
  });
});

describe("trials by purpose", () => {
  it("are rows of their own, without a rank", () => {
    const baselines = boardRows(ended, "baseline");
    expect(baselines.map((row) => row.trial.baseline).sort()).toEqual([
      "constant",
      "linear",
      "trees",
    ]);
    expect(baselines.every((row) => row.rank === null)).toBe(true);
    const counts = countPurposes(ended);
    expect(counts.reduce((sum, each) => sum + each.trials, 0)).toBe(ended.trials.size);
    expect(boardRows(ended, "all")).toHaveLength(ended.trials.size);
  });
});

describe("a line of intervals", () => {
  const mark = (value: number, reach = 0.01) => ({
    value,
    interval: { low: value - reach, high: value + reach },
  });

  it("holds every end, with room", () => {
    const scale = scaleOf([mark(0.9), mark(0.95)]);
    expect(place(0.89, scale)).toBeGreaterThan(0);
    expect(place(0.96, scale)).toBeLessThan(100);
    expect(beyond(0.89, scale)).toBeNull();
  });

  it("isn't squeezed by a baseline that is far off", () => {
    const scale = focusedScale([mark(0.9), mark(0.95)], [mark(0.88), mark(0.3)]);
    expect(beyond(0.88, scale)).toBeNull();
    expect(beyond(0.3, scale)).toBe("left");
    expect(place(0.95, scale) - place(0.9, scale)).toBeGreaterThan(15);
  });

  it("can be drawn without any value, or with one", () => {
    expect(scaleOf([])).toEqual({ low: 0, high: 1 });
    const { low, high } = scaleOf([{ value: 0, interval: null }]);
    expect(low).toBeLessThan(high);
  });

  it("has a few round ticks within it", () => {
    expect(ticks({ low: 0.893, high: 0.961 }, 4)).toEqual([0.9, 0.92, 0.94, 0.96]);
    expect(ticks({ low: -0.031, high: 0.012 }, 4)).toEqual([-0.02, 0]);
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
