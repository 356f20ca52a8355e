/** The same study from a shell, with curl and from Python, ready to be pasted. */

import type { StudyRequest } from "../../api/types";

export interface Snippet {
  key: "cli" | "curl" | "python";
  label: string;
  text: string;
}

/** `origin`: where the server is, such as `http://127.0.0.1:8080`. */
export function snippetsOf(request: StudyRequest, origin: string): Snippet[] {
  return [
    { key: "cli", label: "Command line", text: commandLine(request, origin) },
    { key: "curl", label: "curl", text: curlLine(request, origin) },
    { key: "python", label: "Python", text: pythonText(request, origin) },
  ];
}

const DEFAULT_ORIGIN = "http://127.0.0.1:8080";

function commandLine(request: StudyRequest, origin: string): string {
  const parts = [
    `layerlab study create ${shell(request.dataset_id)}`,
    `--target ${shell(request.target)}`,
    ...optionsOf(request).map(([name, value]) => `--${name} ${shell(value)}`),
  ];
  if (origin !== DEFAULT_ORIGIN) parts.push(`--server ${shell(origin)}`);
  return parts.join(" \\\n  ");
}

function optionsOf(request: StudyRequest): [string, string][] {
  const { budget, constraints, halving } = request;
  const plain: [string, unknown][] = [
    ["name", request.name],
    ["task", request.task],
    ["preset", request.preset],
    ["space", request.space && JSON.stringify(request.space)],
    ["search", request.search],
    ["recipe", request.recipe],
    ["metric", request.metric],
    ...splitOptions(request.split),
    ["max-trials", budget?.max_trials],
    ["max-epochs", budget?.max_epochs],
    ["time-budget", budget?.time_seconds && `${budget.time_seconds}s`],
    ["max-params", constraints?.max_params],
    ["max-trial-time", constraints?.max_trial_seconds && `${constraints.max_trial_seconds}s`],
    ...(request.designs ?? []).map((each): [string, unknown] => ["design", JSON.stringify(each)]),
    ...Object.entries(request.column_kinds ?? {}).map(([column, kind]): [string, unknown] => [
      "kind",
      `${column}=${kind}`,
    ]),
    ["verdict", request.verdict],
    ["halving", typeof halving === "object" && halving ? ruleText(halving) : halving],
    ["engine", request.engine],
    ["seed", request.seed],
  ];
  return plain.flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, String(value)] as [string, string]],
  );
}

function ruleText(rule: { factor?: number; min_epochs?: number }): string {
  return [rule.factor, rule.min_epochs].filter((each) => each !== undefined).join(":");
}

function splitOptions(split: StudyRequest["split"]): [string, unknown][] {
  if (!split) return [];
  if (typeof split === "string") return [["split", split]];
  const method = split.column ? `${split.method}:${split.column}` : split.method;
  return [
    ["split", method],
    ["folds", split.folds],
  ];
}

function curlLine(request: StudyRequest, origin: string): string {
  const body = JSON.stringify(request, null, 2);
  return [
    `curl ${shell(`${origin}/v1/studies`)} \\`,
    "  --header 'Content-Type: application/json' \\",
    `  --data ${shell(body)}`,
  ].join("\n");
}

/** As one word of a POSIX shell. */
export function shell(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function pythonText(request: StudyRequest, origin: string): string {
  const { dataset_id, target, budget, ...rest } = request;
  const options = {
    ...rest,
    max_trials: budget?.max_trials,
    max_epochs: budget?.max_epochs,
    time_budget: budget?.time_seconds,
  };
  const lines = Object.entries(options)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `        ${name}=${python(value)},`);
  return [
    "from layerlab.client import Client",
    "",
    `with Client(${origin === DEFAULT_ORIGIN ? "" : python(origin)}) as client:`,
    "    study = client.studies.create(",
    `        ${python(dataset_id)},`,
    `        target=${python(target)},`,
    ...lines,
    "    )",
    "    study.wait(progress=True)",
  ].join("\n");
}

/** A JSON value as Python writes it. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, each]) => `${python(key)}: ${python(each)}`);
    return `{${entries.join(", ")}}`;
  }
  // JSON's escapes are Python's, too.
  return JSON.stringify(value);
}
