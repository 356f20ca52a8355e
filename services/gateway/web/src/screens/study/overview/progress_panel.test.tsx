import { signal } from "@preact/signals";
import { render } from "preact";
import { afterEach, beforeEach, expect, it } from "vitest";
import { blankStudy, MockStudy } from "../../../mock/studies";
import { profile, sampleCsv } from "../../../mock/tables";
import type { StudyView } from "../../../state/fold";
import type { StudyStore } from "../../../state/study";
import { ProgressPanel } from "./progress_panel";

const table = profile("penguins.csv", sampleCsv());
const request = { dataset_id: table.dataset_id, target: "species" };
// Created long ago: everything has happened.
const ended = new MockStudy(blankStudy("s", table, request, 0), 0).view();
const store = { elapsedAt: signal(0) } as unknown as StudyStore;

let root: HTMLElement;
beforeEach(() => (root = document.body.appendChild(document.createElement("div"))));
afterEach(() => {
  render(null, root);
  root.remove();
});

function show(view: StudyView): string {
  render(<ProgressPanel store={store} view={view} />, root);
  return root.textContent ?? "";
}

it("counts designs that were cancelled apart from those that are done", () => {
  const { done, total } = ended.study.progress;
  expect(show(ended)).toContain(`${done} of ${total} designs`);
  expect(show(ended)).not.toContain("Cancelled");

  const progress = { ...ended.study.progress, cancelled: 2 };
  const stopped = show({ ...ended, study: { ...ended.study, progress } });
  expect(stopped).toContain(`${done - 2} of ${total} designs`);
  expect(stopped).toContain("Cancelled2");
});
