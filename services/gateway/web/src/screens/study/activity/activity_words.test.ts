import { expect, test } from "vitest";
import type { Activity } from "../../../api/types";
import { activityWords, kindOf } from "./activity_words";
import { happeningsOf, rangesOf } from "./happenings";

function entry(
  type: Activity["type"],
  data: Activity["data"],
  subject = "studies/s",
  seq = 1,
): Activity {
  return { seq, time: "2026-01-02T03:04:05Z", type, subject, data };
}

function end(number: number, to: string, data: Activity["data"] = {}): Activity {
  return entry("trial.state_changed", { to, ...data }, `studies/s/trials/${number}`, 100 - number);
}

test("a trial's end is told with its number", () => {
  const done = end(17, "SUCCEEDED");
  expect(activityWords(done)).toBe("Trial 17 succeeded");
  expect(kindOf(done)).toBe("trials");
});

test("a failure says why and is filed as one", () => {
  const failed = end(3, "FAILED", { reason: "WORKER_LOST", detail: "It went away." });
  expect(activityWords(failed)).toBe("Trial 3 failed: its trainer was lost (It went away.)");
  expect(kindOf(failed)).toBe("failures");
});

test("a cohort is told by its number, its size and who took it", () => {
  const planned = entry("cohort.registered", { cohort_id: "ab-c0004", numbers: [1, 2, 3] });
  expect(activityWords(planned)).toBe("Cohort 4 was planned, with 3 designs");
  const rows = entry("cohort.state_changed", { cohort_id: "ab-rows-01-25", to: "QUEUED" });
  expect(activityWords(rows)).toBe("Cohort rows-01-25 was queued");
  const taken = { cohort_id: "ab-c0004", to: "RUNNING", worker_id: "vm-7", attempt: 2 };
  expect(activityWords(entry("cohort.state_changed", taken))).toBe(
    "Cohort 4 was taken by vm-7, attempt 2",
  );
});

test("a study that goes on is told apart from one that starts", () => {
  const moved = (from: string) => entry("study.state_changed", { from, to: "RUNNING", detail: "" });
  expect(activityWords(moved("PENDING"))).toBe("The study started");
  expect(activityWords(moved("SUSPENDED"))).toBe("The study was resumed");
});

test("every type has words of its own", () => {
  const types: Activity["type"][] = ["study.created", "study.deleted", "study.restored"];
  for (const type of types) expect(activityWords(entry(type, {}))).not.toBe(type);
});

test("what happened to neighbours is told once, with how each of them ended", () => {
  const [all, ...rest] = happeningsOf([
    end(9, "PRUNED"),
    end(7, "SUCCEEDED"),
    end(8, "SUCCEEDED"),
    entry("cohort.registered", { numbers: [7] }),
  ]);
  expect(all).toMatchObject({
    words: "3 trials ended: 2 succeeded, 1 dropped early",
    trials: [7, 8, 9],
    seq: 91,
  });
  expect(rest).toHaveLength(1);
});

test("a trial that was evaluated twice is one trial", () => {
  const evaluated = (number: number, rows: string) =>
    entry("trial.evaluated", { rows }, `studies/s/trials/${number}`);
  const [all] = happeningsOf([evaluated(6, "test"), evaluated(6, "validation"), evaluated(7, "test")]);
  expect(all).toMatchObject({ words: "2 trials were evaluated", trials: [6, 7] });
});

test("failures for different reasons stay apart", () => {
  const lost = { reason: "WORKER_LOST" };
  const failures = [end(1, "FAILED", lost), end(2, "FAILED", lost), end(3, "FAILED", { reason: "NAN_LOSS" })];
  expect(happeningsOf(failures).map(({ words }) => words)).toEqual([
    "2 trials failed: its trainer was lost",
    "Trial 3 failed: the loss was no longer a number",
  ]);
});

test("numbers without a gap are a range", () => {
  expect(rangesOf([1, 2, 3, 5, 8, 9])).toBe("1–3, 5, 8–9");
});
