import { describe, expect, it } from "vitest";
import { fieldWords, sentence } from "./design_words";
import {
  amount,
  better,
  defaultMetric,
  metricLabel,
  metricsOf,
  score,
  signed,
  utility,
} from "./metric";
import { compact, counted, percent, quantity, rate } from "./numbers";
import { clock, duration, etaRange } from "./time";
import { designSummary, layers } from "./words";

const plain = (text: string): string => text.replaceAll("\u202f", " ");

describe("numbers", () => {
  it("shows accuracy in percent and R² as it is", () => {
    expect(plain(score(0.98765, "accuracy"))).toBe("98.77 %");
    expect(score(-0.0512, "r2")).toBe("−0.051");
    expect(score(null, "r2")).toBe("–");
  });

  it("never rounds a share down to nothing", () => {
    expect(plain(percent(1, 100_000))).toBe("< 0.1 %");
    expect(plain(percent(0, 10))).toBe("0 %");
    expect(plain(percent(1, 3))).toBe("33 %");
    expect(plain(percent(998, 1000))).toBe("99.8 %");
    expect(plain(percent(99_999, 100_000))).toBe("> 99.9 %");
    expect(plain(percent(7, 7))).toBe("100 %");
  });

  it("keeps years readable and large counts short", () => {
    expect(quantity(2009)).toBe("2009");
    expect(quantity(1_234_567)).toBe("1,234,567");
    expect(quantity(90_847_312.5)).toBe("90,850,000");
    expect(plain(compact(12_345))).toBe("12.3 k");
    expect(counted(1, "row")).toBe("1 row");
    expect(counted(4213, "row")).toBe("4,213 rows");
  });

  it("gives rates two significant digits", () => {
    expect(rate(0.00123)).toBe("0.0012");
    expect(rate(0.000012)).toBe("1.2e-5");
  });
});

describe("scores", () => {
  it("are told in their metric's own words", () => {
    expect(plain(score(0.91234, "balanced_accuracy"))).toBe("91.23 %");
    expect(score(0.91234, "auc")).toBe("0.912");
    expect(score(0.3456, "log_loss")).toBe("0.346");
    expect(score(54_321.98, "rmse")).toBe("54,320");
    expect(score(0.012_345_6, "mae")).toBe("0.01235");
  });

  it("know which way is better", () => {
    expect(better(0.3, 0.5, "log_loss")).toBe(0.3);
    expect(better(0.3, 0.5, "auc")).toBe(0.5);
    expect(better(null, 0.5, "rmse")).toBe(0.5);
    expect(metricLabel("rmse")).toBe("RMSE ↓");
    expect(utility(utility(0.7, "mae"), "mae")).toBe(0.7);
  });

  it("differ in points or in the metric's units, with a sign", () => {
    expect(signed(0.0081, "accuracy")).toBe("+0.8");
    expect(signed(-0.0004, "accuracy")).toBe("−0.04");
    expect(signed(-0.0123, "r2")).toBe("−0.012");
    expect(signed(0, "r2")).toBe("0.000");
    expect(amount(-0.008, "accuracy")).toBe("0.8 points");
  });

  it("belong to a task, which has one by default", () => {
    expect(metricsOf("regression")).toEqual(["r2", "rmse", "mae"]);
    expect(metricsOf("classification")[0]).toBe(defaultMetric("classification"));
  });
});

describe("sentences", () => {
  it("begin with a capital, end with a stop, and keep names and units whole", () => {
    expect(sentence("cannot tell 64-32 from 3 × 16 yet")).toBe(
      "Cannot tell 64\u201132 from 3\u00a0×\u00a016 yet.",
    );
    expect(plain(sentence("a 95 % interval (-1 to 2)."))).toBe("A 95 % interval (−1 to 2).");
  });

  it("name fields as people do, several at once, too", () => {
    expect(fieldWords("learning_rate")).toBe("learning rate");
    expect(fieldWords("weight_decay, optimizer")).toBe("weight decay, optimizer");
  });
});

describe("times", () => {
  it("grows from parts of a second to hours", () => {
    expect(plain(duration(0.421))).toBe("0.42 s");
    expect(plain(duration(75))).toBe("1 min 15 s");
    expect(plain(clock(3780))).toBe("1 h 03 min");
  });

  it("says what is left as a range", () => {
    expect(plain(etaRange(18, 44))).toBe("20–45 s");
    expect(plain(etaRange(100, 170))).toBe("2–3 min");
    expect(etaRange(1, 3)).toBe("a few seconds");
    expect(etaRange(null, null)).toBe("–");
  });
});

describe("designs", () => {
  it("reads as widths, first layer first", () => {
    expect(layers([128, 64])).toBe("128 × 64");
    expect(layers([])).toBe("linear");
  });

  it("leaves out what is off", () => {
    const design = {
      hidden: [32],
      activation: "relu",
      norm: "none",
      dropout: 0,
      residual: false,
      optimizer: "adam",
      learning_rate: 0.01,
      weight_decay: 0,
      batch_size: 64,
      momentum: 0.9,
      schedule: "constant",
      warmup_epochs: 0,
      class_weight: "none",
      recipe: null,
      missing_indicators: false,
      group_rare: false,
    } as const;
    expect(designSummary({ ...design, hidden: [32] })).toBe("32 · relu · adam");
    const trained = { schedule: "cosine", warmup_epochs: 2.5, class_weight: "balanced" } as const;
    expect(designSummary({ ...design, ...trained, hidden: [32] })).toBe(
      "32 · relu · adam · cosine schedule · warm-up 2.5 epochs · balanced classes",
    );
    expect(designSummary({ ...design, hidden: [32], warmup_epochs: 1 })).toBe(
      "32 · relu · adam · warm-up 1 epoch",
    );
  });
});
