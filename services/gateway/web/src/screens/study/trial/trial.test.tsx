import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Evaluation, Study, Trial } from "../../../api/types";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { attemptWords } from "./attempt_words";
import { classFigures } from "./class_figures";
import { EvaluationPanel } from "./evaluation_panel";
import { neighbours } from "./neighbours";

const HOSTILE = "<img src=x onerror=alert(1)>";
const STUDY = { study_id: "s1", name: "Wines", task: "classification" } as Study;
const TRIAL = { number: 7, state: "SUCCEEDED", score_test: null, has_model: true } as Trial;
const EVALUATION: Evaluation = {
  rows: "validation",
  task: "classification",
  n: 20,
  classes: [HOSTILE, "dry", "other"],
  merged: 3,
  confusion: [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ],
  roc: [],
  residuals: null,
  mae: null,
  rmse: null,
  r2: null,
};

describe("the figures of each class", () => {
  it("are those of the confusion matrix, and none where there are no rows", () => {
    const [first, second, rest] = classFigures(EVALUATION);
    expect(first).toMatchObject({ support: 10, precision: 8 / 9, recall: 0.8 });
    expect(first?.f1).toBeCloseTo((2 * (8 / 9) * 0.8) / (8 / 9 + 0.8));
    expect(second).toMatchObject({ name: "dry", support: 10, precision: 9 / 11 });
    expect(rest).toEqual({
      name: "3 rarer classes",
      support: 0,
      precision: null,
      recall: null,
      f1: null,
    });
  });
});

describe("the panel of right and wrong", () => {
  let place: HTMLElement;
  let asked: string[];

  beforeEach(() => {
    place = document.createElement("div");
    asked = [];
  });

  afterEach(() => {
    void act(() => render(null, place));
    vi.unstubAllGlobals();
  });

  async function show(trial: Trial, answer: (path: string) => Response): Promise<void> {
    vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
      asked.push(`${init?.method ?? "GET"} ${path}`);
      return Promise.resolve(answer(path));
    });
    void act(() => render(<EvaluationPanel study={STUDY} trial={trial} />, place));
    await settle();
  }

  it("shows the matrix as text, whatever the classes are called", async () => {
    await show(TRIAL, () => Response.json(EVALUATION));
    expect(asked).toEqual(["GET /v1/studies/s1/trials/7/evaluation?rows=validation"]);
    expect(place.querySelector("img")).toBeNull();
    const row = place.querySelector(".confusion tbody tr");
    expect(row?.querySelector("th")?.textContent).toBe(HOSTILE);
    expect([...(row?.querySelectorAll("td") ?? [])].map((cell) => cell.firstChild?.textContent))
      .toEqual(["8", "2", "0"]);
    expect(place.textContent).toContain("20 validation rows");
  });

  it("has a trial evaluated when it is asked to, and waits for the end", async () => {
    const runs = ["RUNNING", "SUCCEEDED"];
    let isDone = false;
    await show(TRIAL, (path) => {
      if (!path.includes("evaluation?rows")) {
        const state = runs.shift();
        isDone ||= state === "SUCCEEDED";
        return Response.json({ evaluation_id: "e1", state, detail: "" });
      }
      return isDone ? Response.json(EVALUATION) : noEvaluation();
    });
    expect(place.textContent).toContain("Not evaluated yet");
    void act(() => place.querySelector("button")?.click());
    await settle();
    expect(asked).toContain("POST /v1/studies/s1/trials/7:evaluate?wait=10");
    expect(asked).toContain("GET /v1/studies/s1/trials/7/evaluations/e1?wait=10");
    expect(place.querySelector(".confusion")).not.toBeNull();
  });

  it("says why there is none", async () => {
    await show(TRIAL, (path) =>
      path.includes("rows=")
        ? noEvaluation()
        : Response.json({ evaluation_id: "e1", state: "FAILED", detail: "The loss diverged." }),
    );
    void act(() => place.querySelector("button")?.click());
    await settle();
    expect(place.textContent).toContain("The loss diverged.");
  });

  it("asks for the test rows of what was tested, and never has those evaluated", async () => {
    await show({ ...TRIAL, score_test: 0.9 }, noEvaluation);
    expect(asked).toEqual(["GET /v1/studies/s1/trials/7/evaluation?rows=test"]);
    expect(place.textContent).toContain("Only scored on the test rows");
    expect(place.textContent).not.toContain("Evaluate on");
  });
});

describe("a trial among others", () => {
  const trial = (number: number, score_val: number): LiveTrial =>
    ({ number, score_val, state: "SUCCEEDED", purpose: "search", n_params: 10 }) as LiveTrial;
  const all = [trial(1, 0.5), trial(2, 0.9), trial(3, 0.7)];
  const view = {
    study: { metric: "accuracy" },
    trials: new Map(all.map((each) => [each.number, each])),
  } as unknown as StudyView;

  it("stands between the one that is a little better and the one that is a little worse", () => {
    expect(neighbours(view, trial(3, 0.7))).toMatchObject({
      before: { number: 2 },
      after: { number: 1 },
    });
    expect(neighbours(view, trial(2, 0.9)).before).toBeNull();
  });

  it("says who trained it and how often it was begun", () => {
    const times = { started_at: "2026-11-24T10:00:00Z", ended_at: "2026-11-24T10:00:03Z" };
    const words = attemptWords({ ...trial(1, 0.5), ...times, attempt: 3, worker_id: "local-1" });
    expect(words).toMatch(/^Trained by local-1 at .*; 2 attempts before it came to nothing$/);
    const waiting = { ...trial(1, 0.5), started_at: null, ended_at: null };
    expect(attemptWords(waiting)).toBe("It waits for a worker");
  });
});

function noEvaluation(): Response {
  return Response.json({ code: "no_evaluation", detail: "There is none." }, { status: 404 });
}

async function settle(): Promise<void> {
  await act(() => new Promise((done) => setTimeout(done, 10)));
}
