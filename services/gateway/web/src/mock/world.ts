/** All that the made-up server holds. */

import type { Dataset, Study, StudyRequest } from "../api/types";
import { isEndedStudy } from "../format/words";
import { stage } from "./scenarios";
import { blankStudy, MockStudy } from "./studies";
import { profile, sampleCsv } from "./tables";

export const datasets = new Map<string, Dataset>();
/** As they were uploaded, by dataset. */
export const tables = new Map<string, string>();
export const studies = new Map<string, MockStudy>();

export function addTable(name: string, text: string): Dataset {
  const table = profile(name, text);
  datasets.set(table.dataset_id, table);
  tables.set(table.dataset_id, text);
  return table;
}

/** `names`: of scenarios; none: a server that was never used. */
export function seed(names: readonly string[]): void {
  if (names.length === 0) return;
  const table = addTable("penguins.csv", sampleCsv());
  for (const name of names) studies.set(name, stage(name, table));
}

export function addStudy(request: StudyRequest): MockStudy | undefined {
  const table = datasets.get(request.dataset_id);
  if (!table) return undefined;
  const id = `mock-${studies.size}`;
  const now = Date.now();
  const study = new MockStudy(blankStudy(id, table, request, now), now);
  studies.set(id, study);
  return study;
}

export function busyStudies(): Study[] {
  const all = [...studies.values()].map((study) => study.view().study);
  return all.filter((study) => study.state === "RUNNING" || study.state === "STOPPING");
}

export function isEnded(study: MockStudy): boolean {
  return isEndedStudy(study.view().study.state);
}
