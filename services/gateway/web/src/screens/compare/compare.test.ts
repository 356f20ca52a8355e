import { expect, test } from "vitest";
import type { Study } from "../../api/types";
import type { EndedTrial } from "../../charts/best_so_far";
import { blankStudy } from "../../mock/studies";
import { profile, sampleCsv } from "../../mock/tables";
import { raceOf } from "./races";
import { askedDifferently } from "./study_differences";

const TABLE = profile("penguins.csv", sampleCsv());
const BASE = blankStudy("s", TABLE, { dataset_id: "d", target: "species" }, 0);

test("studies that were asked for alike differ in nothing", () => {
  expect(askedDifferently([BASE, { ...BASE, study_id: "other", name: "Other" }])).toEqual([]);
});

test("of two spaces only the fields that differ are told, in words", () => {
  const space = { activation: ["relu"], learning_rate: { low: 0.001, high: 0.1, log: true } };
  const one: Study = { ...BASE, space };
  const other: Study = { ...BASE, space: { ...space, activation: ["relu", "tanh"] } };
  expect(askedDifferently([one, other])).toEqual([["Activation", ["relu", "relu or tanh"]]]);
});

test("a field that this page does not know how to read is shown as it was written", () => {
  const strange: Study = { ...BASE, space: { dropout: { mean: 0.2 } } };
  const plain: Study = { ...BASE, space: { dropout: [0.2] } };
  expect(askedDifferently([strange, plain])).toEqual([["Dropout", ['{"mean":0.2}', "0.2"]]]);
});

test("a race has a step for each time that the best score grew, over designs or seconds", () => {
  const study: Study = { ...BASE, started_at: "2026-01-01T00:00:00Z" };
  const at = (seconds: number) => ({ ended_at: `2026-01-01T00:00:0${seconds}Z` });
  const ended = [
    { trial: at(1), score: 0.5, best: 0.5, isBetter: true },
    { trial: at(2), score: 0.4, best: 0.5, isBetter: false },
    { trial: at(4), score: 0.7, best: 0.7, isBetter: true },
  ] as unknown as EndedTrial[];
  expect(raceOf(study, ended, false)).toMatchObject({
    steps: [{ at: 1, best: 0.5 }, { at: 3, best: 0.7 }],
    end: 3,
  });
  expect(raceOf(study, ended, true).steps.map((step) => step.at)).toEqual([1, 4]);
});
