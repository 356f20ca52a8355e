/** Which part of the mock answers which address. */

import Papa from "papaparse";
import type { Estimate, Preset, StudyRequest } from "../api/types";
import { found, json, missing } from "./answers";
import type { Notes } from "./contract";
import { drain, listWorkers, queueNow } from "./fleet";
import * as study from "./study_routes";
import { SAMPLES, sampleCsv } from "./tables";
import * as trials from "./trial_routes";
import { busyStudies, datasets, studies, tables } from "./world";

const PRESETS: Preset[] = ["quick", "balanced", "thorough"].map((name, index) => ({
  name,
  space: {
    hidden: { layers: { low: 1, high: 3 + index }, width: [16, 32, 64, 128 << index] },
    activation: ["relu", "tanh", "gelu", "silu"].slice(0, 2 + index),
    optimizer: ["adam", "adamw"].slice(0, 1 + index),
  },
  designs: null,
}));

const ESTIMATE: Estimate = {
  estimate_id: "mock",
  seconds: { low: 62, high: 118 },
  bytes: { low: 3.1e8, high: 4.2e8 },
  trials: 64,
  designs: null,
  probe: { study_id: "probe", seconds: 2.1, trials: 8 },
  is_rough: false,
};

export function answer(path: string, init: RequestInit = {}): Response {
  const url = new URL(path, location.origin);
  const [, version, first = "", ...rest] = url.pathname.split("/").map(decodeURIComponent);
  if (version !== "v1") return missing("address");
  switch (first) {
    case "samples":
      return rest[0] ? new Response(sampleCsv()) : json({ samples: SAMPLES });
    case "presets":
      return json({ presets: PRESETS });
    case "datasets":
      return answerOfDatasets(rest, url.searchParams);
    case "studies:estimate":
      return json(ESTIMATE);
    case "studies":
      return answerOfStudies(rest, url.searchParams, init);
    case "workers":
      return answerOfWorkers(rest[0]);
    case "queue":
      return json(queueNow(busyStudies().length));
    default:
      return missing("address");
  }
}

function answerOfDatasets([id, what]: readonly string[], query: URLSearchParams): Response {
  if (id === undefined) return json({ datasets: [...datasets.values()].reverse() });
  if (what !== "rows") return found(datasets.get(id), "dataset");
  const text = tables.get(id);
  if (text === undefined) return missing("dataset");
  const [columns = [], ...rows] = Papa.parse<string[]>(text.trim()).data;
  const shown = rows.slice(0, Number(query.get("limit") ?? 50));
  return json({ columns, rows: shown, total_size: rows.length });
}

function answerOfWorkers(place: string | undefined): Response {
  if (place === undefined) return json(listWorkers(busyStudies()));
  const [id = "", verb = ""] = place.split(":");
  return found(drain(id, verb, busyStudies()), "worker");
}

function answerOfStudies(
  [place, what, ...rest]: readonly string[],
  query: URLSearchParams,
  init: RequestInit,
): Response {
  if (place === undefined) {
    if (init.method !== "POST") return study.listStudies(query);
    return study.createStudy(bodyOf<StudyRequest>(init));
  }
  const [id = "", verb] = place.split(":");
  const one = studies.get(id);
  if (!one) return missing("study");
  if (verb) return study.commandStudy(one, verb);
  switch (what) {
    case undefined:
      if (init.method === "PATCH") return study.describeStudy(one, bodyOf<Partial<Notes>>(init));
      return init.method === "DELETE" ? study.deleteStudy(one) : json(one.view().study);
    case "verdict":
      return study.verdictOf(one);
    case "activity":
      return study.activityOf(one, query);
    case "trials:columns":
      return trials.columnsOf(one, query);
    case "trials:export":
      return trials.exportTrials(one, query);
    case "trials":
      return rest.length > 0 ? trials.answerOfTrial(one, rest, query) : trials.listTrials(one, query);
    default:
      return missing("address");
  }
}

function bodyOf<T>(init: RequestInit): T {
  return JSON.parse(String(init.body)) as T;
}
