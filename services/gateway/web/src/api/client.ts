/** Calls of the public REST interface. */

import { noteAnswer, noteFailure } from "./connection";
import { transport } from "./transport";
import type {
  Dataset,
  Estimate,
  Preset,
  Problem,
  Sample,
  Study,
  StudyPage,
  StudyRequest,
  TrialColumns,
  TrialReceipt,
  TrialWithCurve,
  Verification,
} from "./types";
import type { VerdictAnswer } from "./verdict";

/** The server's answer was a problem; it says what and where. */
export class ApiProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** No answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The server can't be reached.");
  }
}

export type Verb = "suspend" | "resume" | "stop" | "cancel";

export async function listStudies(): Promise<Study[]> {
  return (await getJson<StudyPage>("/v1/studies")).studies;
}

export function getStudy(studyId: string): Promise<Study> {
  return getJson(studyPath(studyId));
}

/** Every trial of every purpose, an array a field. */
export function getTrialColumns(studyId: string): Promise<TrialColumns> {
  return getJson(`${studyPath(studyId)}/trials:columns?purpose=all`);
}

/** With its curve, of which `maxPoints` are chosen where it has more. */
export function getTrial(
  studyId: string,
  number: number,
  maxPoints = 0,
): Promise<TrialWithCurve> {
  return getJson(`${studyPath(studyId)}/trials/${number}?max_points=${maxPoints}`);
}

/** What the trial's result depends on; a problem with `no_receipt` before its cohort has ended. */
export function getReceipt(studyId: string, number: number): Promise<TrialReceipt> {
  return getJson(`${studyPath(studyId)}/trials/${number}/receipt`);
}

// The server answers at the end, or after so many seconds.
const VERIFY_WAIT = 10;

/** Trains the trial again and compares; asks on until it is known. */
export async function verifyTrial(
  studyId: string,
  number: number,
  key: string,
  onProgress: (verification: Verification) => void,
): Promise<Verification> {
  const path = `${studyPath(studyId)}/trials/${number}`;
  const wait = `?wait=${VERIFY_WAIT}`;
  const headers = { "Idempotency-Key": key };
  let verification: Verification = await postJson(`${path}:verify${wait}`, undefined, headers);
  const place = `${path}/verifications/${encodeURIComponent(verification.verification_id)}`;
  while (verification.state === "RUNNING") {
    onProgress(verification);
    verification = await getJson(`${place}${wait}`);
  }
  return verification;
}

export function createStudy(request: StudyRequest, idempotencyKey: string): Promise<Study> {
  return postJson("/v1/studies", request, { "Idempotency-Key": idempotencyKey });
}

/** Of the request of a study that isn't created yet; takes a few seconds. */
export function estimateStudy(request: StudyRequest): Promise<Estimate> {
  return postJson("/v1/studies:estimate", request);
}

/** The last one reached; a problem with `no_verdict_yet` or `no_verdict` while there is none. */
export function getVerdict(studyId: string): Promise<VerdictAnswer> {
  return getJson(`${studyPath(studyId)}/verdict`);
}

export function commandStudy(studyId: string, verb: Verb): Promise<Study> {
  return postJson(`${studyPath(studyId)}:${verb}`);
}

export function eventsPath(studyId: string, after: number): string {
  return `${studyPath(studyId)}/events?after=${after}`;
}

export function getDataset(datasetId: string): Promise<Dataset> {
  return getJson(`/v1/datasets/${encodeURIComponent(datasetId)}`);
}

/** Page after page, for counts that must be right. */
export async function listAllStudies(): Promise<Study[]> {
  const studies: Study[] = [];
  let token = "";
  do {
    const query = new URLSearchParams({ page_size: "1000" });
    if (token) query.set("page_token", token);
    const page = await getJson<StudyPage>(`/v1/studies?${query}`);
    studies.push(...page.studies);
    token = page.next_page_token ?? "";
  } while (token !== "");
  return studies;
}

/** Newest first. */
export async function listDatasets(): Promise<Dataset[]> {
  return (await getJson<{ datasets: Dataset[] }>("/v1/datasets?page_size=1000")).datasets;
}

export async function listSamples(): Promise<Sample[]> {
  return (await getJson<{ samples: Sample[] }>("/v1/samples")).samples;
}

export async function downloadSample(name: string): Promise<File> {
  const response = await send(`/v1/samples/${encodeURIComponent(name)}`);
  return new File([await response.blob()], `${name}.csv`, { type: "text/csv" });
}

export async function listPresets(rows: number): Promise<Preset[]> {
  return (await getJson<{ presets: Preset[] }>(`/v1/presets?rows=${rows}`)).presets;
}

export interface DatasetUpload {
  done: Promise<Dataset>;
  cancel: () => void;
}

/** Sends a table as it is; the server, not the page, decides what is in it. */
export function uploadDataset(
  file: File,
  onProgress: (sent: number, total: number) => void,
): DatasetUpload {
  const path = `/v1/datasets?name=${encodeURIComponent(file.name)}`;
  const upload = transport().upload(path, file, onProgress);
  return { done: readUpload(upload.done), cancel: upload.cancel };
}

async function readUpload(done: Promise<{ status: number; body: string }>): Promise<Dataset> {
  const { status, body } = await done.catch((error: unknown) => {
    throw error instanceof TypeError ? new Unreachable() : error;
  });
  if (status >= 200 && status < 300) return JSON.parse(body) as Dataset;
  throw new ApiProblem(parseProblem(status, body));
}

function studyPath(studyId: string): string {
  return `/v1/studies/${encodeURIComponent(studyId)}`;
}

/** Whether the server is there at all; the answer shows in `connection.ts`. */
export async function ping(): Promise<void> {
  await send("/healthz").catch(() => undefined);
}

export async function getJson<T>(path: string): Promise<T> {
  return (await (await send(path)).json()) as T;
}

export async function postJson<T>(
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const init: RequestInit = { method: "POST", headers };
  if (body !== undefined) {
    init.headers = { ...headers, "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  return (await (await send(path, init)).json()) as T;
}

export async function send(path: string, init?: RequestInit): Promise<Response> {
  const response = await transport()
    .fetch(path, init)
    .catch((error: unknown) => {
      // Whoever gave a request up knows what became of it.
      if (init?.signal?.aborted) throw error;
      noteFailure();
      throw new Unreachable();
    });
  // A proxy in front of a gateway that is down answers in its stead.
  if (response.status === 502 || response.status === 504) {
    noteFailure();
    throw new Unreachable();
  }
  noteAnswer();
  if (!response.ok) throw new ApiProblem(parseProblem(response.status, await response.text()));
  return response;
}

function parseProblem(status: number, body: string): Problem {
  try {
    const parsed = JSON.parse(body) as Partial<Problem>;
    if (typeof parsed.code === "string" && typeof parsed.detail === "string") {
      return parsed as Problem;
    }
  } catch {
    // Not JSON: something between page and gateway answered.
  }
  const detail = `The server answered with status ${status}.`;
  return { type: "about:blank", title: detail, status, code: "unknown", detail };
}
