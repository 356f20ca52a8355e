/** What `?mock=` asks for: studies by name, and a server that is slow, fails or goes away.
 *
 * `?mock=` alone is a little of everything; names are joined by commas: `?mock=10000,slow`.
 */

import type { Dataset, StudyRequest } from "../api/types";
import { MockStudy, blankStudy } from "./studies";
import { PLAIN } from "./play";
import type { Script } from "./play";

interface Scenario {
  target: string;
  request?: Partial<StudyRequest>;
  script?: Partial<Script>;
  /** Milliseconds since its creation. */
  age: number;
  note?: string;
  tags?: string[];
  then?: "suspend" | "stop" | "cancel";
}

const HOUR = 3_600_000;
const OVERNIGHT = 20 * HOUR;

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  ended: { target: "species", age: HOUR, tags: ["baseline"], note: "First look at the birds." },
  evaluations: { target: "island", age: 2 * HOUR, request: { name: "Which island?" } },
  running: { target: "species", age: 42_000, request: { seed: 8, budget: { max_trials: 400 } } },
  regression: {
    target: "body_mass_g",
    age: 3 * HOUR,
    request: { task: "regression", seed: 5 },
    tags: ["numbers"],
  },
  noise: {
    target: "sex",
    age: 4 * HOUR,
    request: { name: "A target of noise", seed: 2 },
    script: { isNoise: true },
  },
  failed: {
    target: "sex",
    age: 5 * HOUR,
    request: { name: "One that failed" },
    script: { failure: "No worker was connected for 10 minutes." },
  },
  suspended: { target: "island", age: 60_000, request: { seed: 4 }, then: "suspend" },
  cancelled: { target: "year", age: 50_000, request: { seed: 6 }, then: "cancel" },
  "10000": {
    target: "species",
    age: OVERNIGHT,
    request: { name: "Ten thousand designs", budget: { max_trials: 10_000 }, seed: 11 },
    script: { workers: 8, epochs: false },
  },
  rate100: {
    target: "species",
    age: 20_000,
    request: { name: "A hundred events a second", budget: { max_trials: 6_000 }, seed: 12 },
    script: { workers: 22 },
  },
};

/** Heavy to play: only when asked for by name. */
const ASKED_ONLY = ["10000", "rate100"];
const FAULTS = ["slow", "errors", "flaky", "offline"] as const;
export type Fault = (typeof FAULTS)[number];

export interface Asked {
  studies: string[];
  faults: ReadonlySet<Fault>;
}

export function readAsked(value: string): Asked {
  const names = value.split(",").filter((name) => name !== "");
  const studies = names.filter((name) => name in SCENARIOS);
  const everything = Object.keys(SCENARIOS).filter((name) => !ASKED_ONLY.includes(name));
  return {
    studies: studies.length > 0 || names.includes("empty") ? studies : everything,
    faults: new Set(FAULTS.filter((fault) => names.includes(fault))),
  };
}

/** Its id is the scenario's name. */
export function stage(name: string, table: Dataset): MockStudy {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new RangeError(`no scenario is called ${name}`);
  const { target, age, request, script, note, tags, then } = scenario;
  const created = Date.now() - age;
  const whole = { dataset_id: table.dataset_id, target, seed: 3, ...request };
  const blank = blankStudy(name, table, whole, created);
  const study = new MockStudy(blank, created, { ...PLAIN, ...script });
  study.describe({ note: note ?? "", tags: tags ?? [] });
  if (then) study.command(then);
  return study;
}
