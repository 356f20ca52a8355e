/** The server's own description of its REST interface, as the page shows it. */

export interface Parameter {
  name: string;
  place: "path" | "query" | "header";
  required: boolean;
  /** `number`, `"a" or "b"`, `list of text`. */
  type: string;
  text: string;
}

export interface Endpoint {
  id: string;
  method: string;
  path: string;
  summary: string;
  text: string;
  parameters: readonly Parameter[];
  /** The media type of what is sent along; null for nothing. */
  body: string | null;
}

export interface EndpointGroup {
  title: string;
  endpoints: readonly Endpoint[];
}

type Json = Record<string, unknown>;

const METHODS = ["get", "post", "put", "patch", "delete"];
const OTHERS = "others";

/** Grouped by tag, in the document's order; parts that aren't as in OpenAPI 3.1 are left out. */
export function readOpenApi(document: unknown): EndpointGroup[] {
  const groups = new Map<string, Endpoint[]>();
  for (const [path, methods] of Object.entries(objectAt(document, "paths"))) {
    for (const method of METHODS) {
      const operation = objectAt(methods, method);
      if (Object.keys(operation).length === 0) continue;
      const tag = listAt(operation, "tags").find((each) => typeof each === "string") ?? OTHERS;
      const title = String(tag);
      groups.set(title, [...(groups.get(title) ?? []), endpointOf(path, method, operation)]);
    }
  }
  return [...groups].map(([title, endpoints]) => ({ title, endpoints }));
}

function endpointOf(path: string, method: string, operation: Json): Endpoint {
  const media = Object.keys(objectAt(objectAt(operation, "requestBody"), "content"));
  return {
    id: `${method}-${path}`.replaceAll(/[^a-z0-9]+/gi, "-").replace(/-$/, ""),
    method: method.toUpperCase(),
    path,
    summary: textAt(operation, "summary"),
    text: textAt(operation, "description"),
    parameters: listAt(operation, "parameters").flatMap(parameterOf),
    body: media[0] ?? null,
  };
}

function parameterOf(value: unknown): Parameter[] {
  const place = textAt(value, "in");
  if (place !== "path" && place !== "query" && place !== "header") return [];
  const parameter = value as Json;
  const schema = objectAt(parameter, "schema");
  return [
    {
      name: textAt(parameter, "name"),
      place,
      required: parameter.required === true,
      type: typeWords(schema),
      text: [textAt(parameter, "description") || textAt(schema, "description"), rangeWords(schema)]
        .filter((part) => part !== "")
        .join(" "),
    },
  ];
}

const TYPES: Record<string, string> = {
  string: "text",
  integer: "whole number",
  number: "number",
  boolean: "true or false",
};

function typeWords(schema: Json): string {
  const choices = listAt(schema, "enum");
  if (choices.length > 0) return choices.map((choice) => JSON.stringify(choice)).join(" or ");
  const parts = listAt(schema, "anyOf")
    .map((part) => typeWords(part as Json))
    .filter((words) => words !== "");
  if (parts.length > 0) return [...new Set(parts)].join(" or ");
  if (schema.type === "array") return `list of ${typeWords(objectAt(schema, "items")) || "values"}`;
  const name = /[^/]+$/.exec(textAt(schema, "$ref"))?.[0];
  return TYPES[textAt(schema, "type")] ?? name ?? "";
}

function rangeWords(schema: Json): string {
  const { minimum, maximum, default: standard } = schema;
  const words: string[] = [];
  if (typeof minimum === "number" && typeof maximum === "number") {
    words.push(`From ${minimum} to ${maximum.toLocaleString("en-US")}.`);
  }
  const isSaid = ["string", "number", "boolean"].includes(typeof standard) && standard !== "";
  if (isSaid) words.push(`Without it: ${String(standard)}.`);
  return words.join(" ");
}

/** A line for a shell, with what must be filled in left as in the path: `{study_id}`. */
export function curlLine(endpoint: Endpoint, origin: string): string {
  const parts = ["curl"];
  if (endpoint.method !== "GET") parts.push("-X", endpoint.method);
  const asked = endpoint.parameters.filter(({ place, required }) => place === "query" && required);
  const query = asked.map(({ name }) => `${name}=${name.toUpperCase()}`).join("&");
  parts.push(`'${origin}${endpoint.path}${query === "" ? "" : `?${query}`}'`);
  if (endpoint.body === "application/json") {
    parts.push("-H 'Content-Type: application/json'", "-d @request.json");
  } else if (endpoint.body !== null) {
    parts.push(`-H 'Content-Type: ${endpoint.body}'`, "--data-binary @table.csv");
  }
  return parts.join(" ");
}

/** Those whose method, address or words contain every word of `text`. */
export function matching(groups: readonly EndpointGroup[], text: string): EndpointGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map(({ title, endpoints }) => ({
      title,
      endpoints: endpoints.filter((each) => {
        const all = `${each.method} ${each.path} ${each.summary} ${each.text}`.toLowerCase();
        return words.every((word) => all.includes(word));
      }),
    }))
    .filter(({ endpoints }) => endpoints.length > 0);
}

function objectAt(value: unknown, key: string): Json {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : {};
}

function listAt(value: unknown, key: string): unknown[] {
  const inner = isObject(value) ? value[key] : undefined;
  return Array.isArray(inner) ? inner : [];
}

function textAt(value: unknown, key: string): string {
  const inner = isObject(value) ? value[key] : undefined;
  return typeof inner === "string" ? inner : "";
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
