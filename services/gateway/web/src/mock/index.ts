/** The server, played in the browser, so that the page can be worked on and looked at alone.
 *
 * `npm run mock`, then `/` for a few studies, `/?mock=empty` for none of them.
 */

import { setTransport } from "../api/transport";
import type { Socket, Transport } from "../api/transport";
import type {
  Dataset,
  Estimate,
  Preset,
  StudyRequest,
  TrialReceipt,
  Verification,
} from "../api/types";
import type { Verb } from "../api/client";
import { blankStudy, MockStudy } from "./studies";
import { profile, SAMPLES, sampleCsv } from "./tables";

const datasets = new Map<string, Dataset>();
const studies = new Map<string, MockStudy>();

export function install(): void {
  const table = profile("penguins.csv", sampleCsv());
  datasets.set(table.dataset_id, table);
  if (!location.search.includes("mock=empty")) seed(table);
  setTransport(mockTransport);
}

function seed(table: Dataset): void {
  const long = 60 * 60 * 1000;
  add("ended", table, { dataset_id: table.dataset_id, target: "species", seed: 3 }, long);
  const running: StudyRequest = {
    dataset_id: table.dataset_id,
    target: "body_mass_g",
    task: "regression",
    seed: 8,
    budget: { max_trials: 64 },
  };
  add("running", table, running, 42_000);
  add("large", table, { ...running, name: "A long one", budget: { max_trials: 1600 } }, long * 9);
}

function add(id: string, table: Dataset, request: StudyRequest, age: number): MockStudy {
  const created = Date.now() - age;
  const study = new MockStudy(blankStudy(id, table, request, created), created);
  studies.set(id, study);
  return study;
}

const PRESETS: Preset[] = ["quick", "balanced", "thorough"].map((name, index) => ({
  name,
  space: {
    hidden: { layers: { low: 1, high: 3 + index }, width: [16, 32, 64, 128 << index] },
    activation: ["relu", "tanh", "gelu", "silu"].slice(0, 2 + index),
    optimizer: ["adam", "adamw"].slice(0, 1 + index),
  },
  designs: null,
}));

const mockTransport: Transport = {
  fetch: async (path, init) => answer(path, init),
  upload: (path, body, onProgress) => {
    let cancelled = false;
    const done = (async () => {
      for (let part = 1; part <= 5; part += 1) {
        await wait(120);
        onProgress((body.size * part) / 5, body.size);
      }
      await wait(400);
      if (cancelled) throw new Error("cancelled");
      const name = new URLSearchParams(path.split("?")[1]).get("name") ?? "table.csv";
      const text = await body.text();
      if (text.trim().split("\n").length < 2) return { status: 422, body: NO_ROWS };
      const table = profile(name, text);
      datasets.set(table.dataset_id, table);
      return { status: 201, body: JSON.stringify(table) };
    })();
    return { done, cancel: () => (cancelled = true) };
  },
  openSocket: (path) => new MockSocket(path),
};

const ESTIMATE: Estimate = {
  estimate_id: "mock",
  seconds: { low: 62, high: 118 },
  bytes: { low: 3.1e8, high: 4.2e8 },
  trials: 64,
  designs: null,
  probe: { study_id: "probe", seconds: 2.1, trials: 8 },
  is_rough: false,
};

const NO_ROWS = JSON.stringify({
  type: "urn:layerlab:problem:no_rows",
  title: "The request can't be accepted",
  status: 422,
  code: "no_rows",
  detail: "The table has a header and no rows.",
  hint: "Upload a table with at least 20 rows.",
});

function answer(path: string, init?: RequestInit): Response {
  const url = new URL(path, location.origin);
  const parts = url.pathname.split("/").slice(2);
  if (parts[0] === "samples") {
    return parts[1] ? new Response(sampleCsv()) : Response.json({ samples: SAMPLES });
  }
  if (parts[0] === "presets") return Response.json({ presets: PRESETS });
  if (parts[0] === "datasets") return found(datasets.get(parts[1] ?? ""));
  if (parts[0] === "studies:estimate") return Response.json(ESTIMATE);
  if (parts[0] !== "studies") return found(undefined);
  if (parts.length === 1) return init?.method === "POST" ? create(init) : list();
  const [id = "", verb] = (parts[1] ?? "").split(":");
  const study = studies.get(id);
  if (!study) return found(undefined);
  if (verb) return Response.json(study.command(verb as Verb));
  if (parts.length === 2) return Response.json(study.view().study);
  if (parts[3]?.endsWith(":verify")) return found(verificationOf(study, parseInt(parts[3], 10)));
  if (parts[4] === "receipt") return found(receiptOf(study, Number(parts[3])));
  if (parts[2] === "verdict") return found(verdictOf(study));
  if (parts.length === 4) return found(study.trial(Number(parts[3])) ?? undefined);
  const trials = [...study.view().trials.values()];
  return Response.json({ trials, next_page_token: "", total_size: trials.length });
}

function verdictOf(study: MockStudy): unknown {
  const { verdict, study: its } = study.view();
  return verdict ? { ...verdict, study_id: its.study_id, state: its.state } : undefined;
}

function verificationOf(study: MockStudy, number: number): Verification | undefined {
  const trial = study.trial(number);
  if (!trial) return undefined;
  const { score_val, val_loss, best_epoch, epochs } = trial;
  const result = { score_val, val_loss, best_epoch, epochs };
  return {
    verification_id: `mock-${number}`,
    state: "MATCHES",
    expected: result,
    got: result,
    differences: [],
    same_machine: true,
    detail: "",
  };
}

function receiptOf(study: MockStudy, number: number): TrialReceipt | undefined {
  const trial = study.trial(number);
  if (!trial) return undefined;
  const { design, engine, seed, repeat, share, epochs } = trial;
  return {
    dataset_id: "9f2c".repeat(16),
    split_sha256: "51ab".repeat(16),
    recipe_sha256: "c07d".repeat(16),
    versions: { layerlab: "0.1.0", numpy: "2.3.5" },
    machine: { processor: "x86-64", kernels: "avx2", threads: "2" },
    recipe: design.recipe ?? "paper",
    ...{ design, engine, seed, repeat, share, epochs },
    baseline: trial.baseline,
    best_epoch: trial.best_epoch,
    score_val: trial.score_val,
    val_loss: trial.val_loss,
  };
}

function create(init: RequestInit): Response {
  const request = JSON.parse(String(init.body)) as StudyRequest;
  const table = datasets.get(request.dataset_id);
  if (!table) return found(undefined);
  return Response.json(add(`mock-${studies.size}`, table, request, 0).view().study, {
    status: 201,
  });
}

function list(): Response {
  const all = [...studies.values()].map((study) => study.view().study);
  return Response.json({ studies: all.reverse(), next_page_token: "" });
}

function found(value: unknown): Response {
  if (value !== undefined) return Response.json(value);
  const problem = {
    code: "unknown",
    title: "There is no such thing",
    detail: "There is no such thing.",
    status: 404,
  };
  return Response.json(problem, { status: 404 });
}

class MockSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(path: string) {
    const url = new URL(path, location.origin);
    const study = studies.get(url.pathname.split("/")[3] ?? "");
    let seq = Number(url.searchParams.get("after"));
    let greeted = false;
    this.timer = setInterval(() => {
      if (!study) return this.end(1006);
      const view = study.view();
      if (!greeted) this.say({ v: 1, type: "hello", seq: view.seq, data: { study: view.study } });
      greeted = true;
      const events = study.eventsAfter(seq);
      for (const event of events) this.say(event);
      seq += events.length;
      if (view.study.ended_at !== null) this.end(1000);
    }, 100);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private end(code: number): void {
    this.close();
    this.onclose?.({ code });
  }

  private say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
