import { beforeAll, describe, expect, it } from "vitest";
import type { Evaluation, Trial, TrialPage } from "../api/types";
import type { TrialColumns } from "./contract";
import { answer } from "./routes";
import { readAsked } from "./scenarios";
import { seed } from "./world";

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  return (await answer(path, init).json()) as T;
}

describe("the made-up server", () => {
  beforeAll(() => seed(["ended", "regression", "noise", "failed", "running", "10000"]));

  it("plays a study of 10,000 ended trials", async () => {
    const { count, columns } = await ask<TrialColumns>("/v1/studies/10000/trials:columns");
    expect(count).toBe(10_000);
    expect(new Set(columns.state)).toEqual(new Set(["SUCCEEDED", "PRUNED", "FAILED"]));
    expect(columns.learning_rate?.every((rate) => typeof rate === "number")).toBe(true);
  });

  it("leaves the same trials in the table whatever part of it is asked for", async () => {
    const where = "where=activation=relu,gelu&where=n_layers>=2&state=SUCCEEDED";
    const first = await ask<TrialPage>(`/v1/studies/10000/trials?${where}&page_size=3`);
    const later = await ask<TrialPage>(`/v1/studies/10000/trials?${where}&page_size=2&skip=1`);
    expect(first.total_size).toBeGreaterThan(100);
    expect(later.trials.map(numberOf)).toEqual(first.trials.slice(1).map(numberOf));
    for (const { design, n_layers } of first.trials) {
      expect(["relu", "gelu"]).toContain(design.activation);
      expect(n_layers).toBeGreaterThanOrEqual(2);
    }
  });

  it("counts every row of an evaluation once", async () => {
    const best = await ask<TrialPage>("/v1/studies/ended/trials?page_size=1");
    const number = best.trials[0]?.number;
    await ask(`/v1/studies/ended/trials/${number}:evaluate`, { method: "POST" });
    const of = await ask<Evaluation>(`/v1/studies/ended/trials/${number}/evaluation`);
    expect(of.confusion?.flat().reduce((a, b) => a + b, 0)).toBe(of.n);
    expect(of.confusion).toHaveLength(of.classes.length);
  });

  it("keeps an ended study that was deleted until it is brought back", async () => {
    await ask("/v1/studies/noise", { method: "DELETE" });
    expect(await namesOf("")).not.toContain("A target of noise");
    expect(await namesOf("?deleted=true")).toEqual(["A target of noise"]);
    await ask("/v1/studies/noise:restore", { method: "POST" });
    expect(await namesOf("")).toContain("A target of noise");
    expect(answer("/v1/studies/running", { method: "DELETE" }).status).toBe(409);
  });

  it("goes on after a suspension where it was", async () => {
    const suspended = await ask<{ state: string }>("/v1/studies/running:suspend", POST);
    expect(suspended.state).toBe("SUSPENDED");
    const resumed = await ask<{ state: string }>("/v1/studies/running:resume", POST);
    expect(resumed.state).toBe("RUNNING");
  });

  it("says of a failed study why", async () => {
    const failed = await ask<{ state: string; detail: string }>("/v1/studies/failed");
    expect(failed).toMatchObject({ state: "FAILED", detail: expect.stringContaining("worker") });
  });
});

it("plays what is asked for, and a little of everything otherwise", () => {
  expect(readAsked("10000,slow")).toEqual({ studies: ["10000"], faults: new Set(["slow"]) });
  expect(readAsked("empty").studies).toEqual([]);
  expect(readAsked("").studies).toContain("failed");
});

const POST: RequestInit = { method: "POST" };

function numberOf(trial: Trial): number {
  return trial.number;
}

async function namesOf(query: string): Promise<string[]> {
  const { studies } = await ask<{ studies: { name: string }[] }>(`/v1/studies${query}`);
  return studies.map((study) => study.name);
}
