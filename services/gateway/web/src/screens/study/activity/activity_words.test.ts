import { expect, test } from "vitest";
import type { Activity } from "../../../api/types";
import { activityWords, kindOf } from "./activity_words";

function entry(type: Activity["type"], data: Activity["data"], subject = "studies/s"): Activity {
  return { seq: 1, time: "2026-01-02T03:04:05Z", type, subject, data };
}

test("a trial's end is told with its number", () => {
  const done = entry("trial.state_changed", { to: "SUCCEEDED" }, "studies/s/trials/17");
  expect(activityWords(done)).toBe("Trial 17 is succeeded");
  expect(kindOf(done)).toBe("trials");
});

test("a failure says why and is filed as one", () => {
  const failed = entry(
    "trial.state_changed",
    { to: "FAILED", reason: "WORKER_LOST", detail: "It went away." },
    "studies/s/trials/3",
  );
  expect(activityWords(failed)).toContain("Trial 3 is failed: ");
  expect(activityWords(failed)).toContain("(It went away.)");
  expect(kindOf(failed)).toBe("failures");
});

test("a cohort's size is counted", () => {
  const planned = entry("cohort.registered", { numbers: [1, 2, 3] });
  expect(activityWords(planned)).toBe("A cohort of 3 designs was planned");
});

test("every type has words of its own", () => {
  const types: Activity["type"][] = ["study.created", "study.deleted", "study.restored"];
  for (const type of types) expect(activityWords(entry(type, {}))).not.toBe(type);
});
