import { render } from "preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Verdict } from "../../../api/verdict";
import { mockVerdict } from "../../../mock/verdict";
import type { MockFinalist } from "../../../mock/verdict";
import { blankStudy, MockStudy } from "../../../mock/studies";
import { profile, sampleCsv } from "../../../mock/tables";
import { openView } from "../../../state/fold";
import type { StudyView } from "../../../state/fold";
import { phasesOf, phaseWords } from "../../../state/phases";
import { finalistTable, mainSentences, parameterRatio } from "./finalists";
import { rowsLines, spread } from "./rows_steps";
import { PhaseSteps } from "./phase_steps";
import { VerdictPanel } from "./verdict_panel";
import { VerdictReasons } from "./verdict_reasons";

const table = profile("penguins.csv", sampleCsv());
const request = { dataset_id: table.dataset_id, target: "species" };
// Created long ago: everything has happened.
const ended = new MockStudy(blankStudy("s", table, request, 0), 0).view();
const final = ended.verdict as Verdict;
const running: StudyView = openView(
  { ...blankStudy("s", table, request, 0), state: "RUNNING" },
  [],
);

let root: HTMLElement;
beforeEach(() => (root = document.body.appendChild(document.createElement("div"))));
afterEach(() => {
  render(null, root);
  root.remove();
});

function show(view: StudyView, error: unknown = null): string {
  const parts = (
    <>
      <VerdictPanel view={view} error={error} onRetry={() => undefined} />
      <PhaseSteps view={view} />
      {view.verdict && <VerdictReasons verdict={view.verdict} />}
    </>
  );
  render(parts, root);
  return (root.textContent ?? "").replaceAll("\u202f", " ").replaceAll("\u2011", "-");
}

describe("the panel of a verdict", () => {
  it("says which phase a study without one is in", () => {
    const text = show(running);
    expect(text).toContain("No verdict yet");
    expect(text).toContain("Search now.");
    expect(root.querySelector("[aria-current=step]")?.textContent).toContain("Search");
  });

  it("says that an interim one may change", () => {
    const verdict = mockVerdict("accuracy", finalists(final), 2, false);
    const text = show({ ...running, verdict });
    expect(text).toContain("So far");
    expect(text).toContain("May change, based on 2 rounds of the finals");
  });

  it("tells a final one as a sentence, with its parts below it", () => {
    const text = show(ended);
    expect(text).toContain("Final verdict");
    expect(root.querySelector("h2.headline")?.textContent).toMatch(/^\d.*\.$/);
    for (const part of ["The finalists", "What each choice is worth", "More data", "mattered"]) {
      expect(text).toContain(part);
    }
    expect(root.querySelectorAll("[data-contender]")).toHaveLength(final.contenders.length);
    expect(root.querySelectorAll("tbody.baselines [data-contender]")).toHaveLength(3);
  });

  it("offers to try again when it could not be read", () => {
    expect(show(running, new Error("no"))).toContain("Try again");
  });

  it("ends in words, too, when there was nothing to compare", () => {
    expect(show({ ...ended, verdict: null })).toContain("No verdict");
  });

  it("never lets a name become a tag", () => {
    const [first, ...rest] = final.contenders;
    if (!first) throw new Error("no contender");
    show({
      ...ended,
      verdict: { ...final, contenders: [{ ...first, name: "<img src=x>" }, ...rest] },
    });
    expect(root.querySelector("img")).toBeNull();
  });
});

describe("the table of finalists", () => {
  it("sees each difference from its own row", () => {
    const { designs, baselines } = finalistTable(final);
    expect(designs[0]?.isWinner).toBe(true);
    expect(designs[0]?.against).toBeNull();
    const worst = baselines.find((row) => row.contender.baseline === "constant");
    expect(worst?.against?.relation).toBe("loses");
    expect(worst?.against?.difference).toBeLessThan(0);
    const interval = worst?.against?.interval;
    expect(interval && interval.low < interval.high).toBe(true);
  });

  it("marks the smallest good design, and says how much smaller it is", () => {
    const { designs } = finalistTable(final);
    expect(designs.filter((row) => row.isSmallest)).toHaveLength(1);
    const sized = final.contenders.map((each) => ({
      ...each,
      n_params: each.name === final.winner ? 900 : 100,
    }));
    expect(parameterRatio({ ...final, contenders: sized })).toBe(9);
    expect(parameterRatio({ ...final, smallest: final.winner })).toBeNull();
  });

  it("doesn't repeat in sentences what has a part of its own", () => {
    const sentences = [final.headline, final.advice, final.ablation[0]?.sentence ?? "", "once"];
    expect(mainSentences({ ...final, sentences })).toEqual(["once"]);
  });

  it("leaves a tie's pairs to the table, since the headline tells the tie", () => {
    const [rival] = final.rivals;
    const sentences = ["a and b are equivalent", rival?.sentence ?? "", "once"];
    const headline = "a and b are equivalent; nothing beats boosted trees";
    const tie: Verdict = { ...final, outcome: "tie", headline, sentences };
    expect(rival).toBeDefined();
    expect(mainSentences(tie)).toEqual(["once"]);
    expect(mainSentences({ ...tie, outcome: "winner" })).toContain(rival?.sentence);
  });
});

describe("the lines of fewer rows", () => {
  it("go from few rows to all, a line for each contender", () => {
    for (const { steps } of rowsLines(final.learning_curve)) {
      expect(steps.map((step) => step.share)).toEqual([0.25, 0.5, 1]);
    }
    expect(rowsLines(final.learning_curve.slice(0, 1))).toEqual([]);
  });

  it("have names that don't cover each other", () => {
    const places = spread([50, 52, 51, 198], 15, 10, 200);
    const sorted = [...places].sort((a, b) => a - b);
    for (const [index, each] of sorted.entries()) {
      expect(each - (sorted[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(15);
    }
    expect(Math.max(...places)).toBeLessThanOrEqual(200);
    expect(places[2]).toBeGreaterThan(places[0] ?? 0);
  });
});

describe("the phases of a study", () => {
  it("begin with the search, and end with all that was done", () => {
    expect(phaseWords(running)).toBe("Search");
    expect(phasesOf(ended).map((phase) => phase.state)).toEqual(["done", "done", "done", "done"]);
  });

  it("count the rounds of the finals", () => {
    const trials = [...ended.trials.values()].filter(
      (trial) => trial.purpose !== "ablation" && trial.purpose !== "rows" && trial.repeat <= 6,
    );
    const view = openView({ ...ended.study, state: "RUNNING" }, trials.map(untested));
    expect(phaseWords(view)).toBe("Finals, round 2");
  });
});

function untested<T extends { score_test: number | null }>(trial: T): T {
  return { ...trial, score_test: null };
}

function finalists(verdict: Verdict): MockFinalist[] {
  return verdict.contenders.flatMap(({ trial, design, n_params, score_val }) =>
    design ? [{ trial: trial ?? 0, design, n_params: n_params ?? 0, score_val: score_val ?? 0 }] : [],
  );
}
