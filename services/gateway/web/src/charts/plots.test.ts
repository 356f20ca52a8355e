import { describe, expect, it } from "vitest";
import type { LiveTrial } from "../state/fold";
import { axisBrush } from "./box_brushes";
import { extent, fieldOf, position } from "./fields";
import { paretoFront } from "./front";
import { placeOf } from "./plot";
import { CONFIG } from "./plotly";
import { scoreAxisRange, thinned, thinnedWords } from "./points";
import { fileName, toCsv } from "./table_data";

function trial(number: number, score_val: number | null, seconds: number, n_params = 10): LiveTrial {
  const state = score_val === null ? "FAILED" : "SUCCEEDED";
  const design = { hidden: [8], activation: number % 2 ? "relu" : "gelu", learning_rate: seconds };
  return { number, state, score_val, fit_time_seconds: seconds, n_params, design } as LiveTrial;
}

describe("a chart", () => {
  it("sends nothing to anybody's cloud", () => {
    expect(CONFIG).toMatchObject({ showSendToCloud: false, plotlyServerURL: "" });
    expect(CONFIG.modeBarButtons.flat()).not.toContain("sendDataToCloud");
    expect(JSON.stringify(CONFIG.modeBarButtons)).not.toMatch(/cloud|chart ?studio/i);
  });

  it("names its files after the study and itself", () => {
    expect(fileName("Pingüins / 2024", "Best so far")).toBe("pinguins-2024-best-so-far");
    expect(fileName("🐧", "…")).toBe("plot");
  });

  it("is saved as a CSV that a spreadsheet reads as text", () => {
    const table = { columns: [{ label: "a,b" }, { label: "c" }], rows: [['x "y"', "=1+1"]] };
    expect(toCsv(table)).toBe('"a,b",c\r\n"x ""y""",\'=1+1\r\n');
  });

  it("is saved with numbers that a spreadsheet counts with, and other text as it is", () => {
    const columns = [{ label: "Trial" }, { label: "x", isNumber: true }];
    const seen = ["87.50\u202f%", "12.3\u202fk", "−0.03", "1,234", "0.05\u202fs", "–", "1\u202fmin 5\u202fs"];
    const saved = toCsv({ columns, rows: seen.map((text) => ["-a", text]) }).split("\r\n").slice(1, -1);
    expect(saved).toEqual(
      ["0.875", "12300", "-0.03", "1234", "0.05", "–", "1\u202fmin 5\u202fs"].map((x) => `'-a,${x}`),
    );
  });
});

describe("many points", () => {
  const all = Array.from({ length: 10_000 }, (_, index) => index);

  it("are thinned evenly, and what must be seen is kept", () => {
    const shown = thinned(all, (each) => each === 9_999 || each === 3, 1_000);
    expect(shown.length).toBeGreaterThanOrEqual(1_000);
    expect(shown.length).toBeLessThanOrEqual(1_002);
    expect(shown).toEqual(expect.arrayContaining([0, 3, 9_999]));
    expect(thinnedWords(all.length, shown.length)).toContain("of 10,000 points drawn");
  });

  it("are all drawn where there are few", () => {
    expect(thinned([1, 2, 3], () => false)).toEqual([1, 2, 3]);
    expect(thinnedWords(3, 3)).toBe("");
  });

  it("have an extent, however many they are", () => {
    expect(extent(Array.from({ length: 300_000 }, (_, index) => index))).toEqual([0, 299_999]);
  });
});

describe("a Pareto front", () => {
  const trials = [trial(1, 0.9, 10), trial(2, 0.8, 5), trial(3, 0.8, 6), trial(4, 0.95, 20)];

  it("has what nothing else beats, best score first", () => {
    const front = paretoFront([...trials, trial(5, null, 1)], ["fit_time_seconds"], "accuracy");
    expect(front.map((each) => each.number)).toEqual([4, 1, 2]);
  });

  it("turns round where lower is better", () => {
    const front = paretoFront(trials, ["fit_time_seconds"], "log_loss");
    expect(front.map((each) => each.number)).toEqual([2]);
  });

  it("keeps what is good in another respect", () => {
    const small = trial(6, 0.7, 30, 2);
    const front = paretoFront([...trials, small], ["fit_time_seconds", "n_params"], "accuracy");
    expect(front.map((each) => each.number)).toContain(6);
  });
});

describe("axes", () => {
  it("are logarithms where values differ much, and categories where they are words", () => {
    const trials = [trial(1, 0.9, 0.001), trial(2, 0.8, 0.1)];
    const rate = fieldOf(trials, "learning_rate", "learning rate");
    expect(rate?.isLog).toBe(true);
    expect(rate && position(trials[1] as LiveTrial, rate)).toBeCloseTo(-1);
    const words = fieldOf(trials, "activation", "activation");
    expect(words?.categories).toEqual(["gelu", "relu"]);
    expect(words && position(trials[0] as LiveTrial, words)).toBe(1);
  });

  it("show zeros a step below the smallest of many powers of ten, and read them there", () => {
    const decays = [0, 1e-5, 1e-2].map((weight_decay, index) => {
      const one = trial(index, 0.9, 0.01);
      return { ...one, design: { ...one.design, weight_decay } };
    });
    const axis = fieldOf(decays, "weight_decay", "weight decay");
    expect(axis?.ticks.map(({ words }) => words)).toEqual(["0", "1e-5", "1e-4", "0.001", "0.01"]);
    const place = axis && position(decays[0] as LiveTrial, axis);
    expect(place).toBeLessThan(-5);
    expect(axis && axisBrush(axis, [place ?? 0, -3])).toMatchObject({ low: 0, high: 0.001 });
  });

  it("are labelled at each value where there are few", () => {
    const sizes = [16, 128].map((batch_size, index) => {
      const one = trial(index, 0.9, 0.01);
      return { ...one, design: { ...one.design, batch_size } };
    });
    expect(fieldOf(sizes, "batch_size", "batch size")?.ticks.map(({ words }) => words)).toEqual([
      "16",
      "128",
    ]);
  });

  it("hold negative scores, and one score alone", () => {
    const [low, high] = scoreAxisRange([-3, 0.5, -0.2], "r2");
    expect(low).toBeLessThan(-3);
    expect(high).toBeGreaterThan(0.5);
    const [only, above] = scoreAxisRange([0.7], "accuracy");
    expect(only).toBeLessThan(above);
  });
});

describe("a trial that is pointed at elsewhere", () => {
  it("is the point that is its own, or the end of the line that is", () => {
    const traces = [
      { x: [1], y: [1] },
      { customdata: [4, 9], hoverinfo: "skip" },
      { customdata: [7, 9, 4] },
      { customdata: [5, 5, 5] },
    ];
    expect(placeOf(traces, 9)).toEqual({ curveNumber: 2, pointNumber: 1 });
    expect(placeOf(traces, 5)).toEqual({ curveNumber: 3, pointNumber: 2 });
    expect(placeOf(traces, 6)).toBeNull();
  });
});
