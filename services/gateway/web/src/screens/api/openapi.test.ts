import { describe, expect, it } from "vitest";
import { curlLine, matching, readOpenApi } from "./openapi";
import type { Endpoint } from "./openapi";

const DOCUMENT = {
  paths: {
    "/v1/datasets": {
      post: {
        tags: ["datasets"],
        summary: "Upload Dataset",
        parameters: [
          { name: "name", in: "query", required: true, schema: { type: "string" } },
          { name: "session", in: "cookie", schema: { type: "string" } },
        ],
        requestBody: { content: { "text/csv": {} } },
      },
    },
    "/v1/studies/{study_id}/trials": {
      get: {
        tags: ["trials"],
        summary: "List Trials",
        description: "Equals come by number.",
        parameters: [
          { name: "study_id", in: "path", required: true, schema: { type: "string" } },
          {
            name: "page_size",
            in: "query",
            schema: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
          },
          {
            name: "purpose",
            in: "query",
            schema: { anyOf: [{ $ref: "#/components/schemas/Purpose" }, { type: "null" }] },
          },
          { name: "where", in: "query", schema: { type: "array", items: { type: "string" } } },
          { name: "order", in: "query", schema: { enum: ["up", "down"] } },
        ],
      },
      post: { requestBody: { content: { "application/json": {} } } },
    },
  },
};

function endpoint(id: string): Endpoint {
  const all = readOpenApi(DOCUMENT).flatMap((group) => group.endpoints);
  const found = all.find((each) => each.id === id);
  if (!found) throw new Error(`no ${id} among ${all.map((each) => each.id).join()}`);
  return found;
}

describe("the REST interface", () => {
  it("is grouped by what it is about", () => {
    const titles = readOpenApi(DOCUMENT).map((group) => group.title);
    expect(titles).toEqual(["datasets", "trials", "others"]);
  });

  it("names parameters, their types and their ranges in words", () => {
    const { parameters } = endpoint("get-v1-studies-study-id-trials");
    expect(parameters.map(({ name, type }) => [name, type])).toEqual([
      ["study_id", "text"],
      ["page_size", "whole number"],
      ["purpose", "Purpose"],
      ["where", "list of text"],
      ["order", '"up" or "down"'],
    ]);
    expect(parameters[1]?.text).toBe("From 1 to 1,000. Without it: 100.");
  });

  it("leaves out what it doesn't know", () => {
    const names = endpoint("post-v1-datasets").parameters.map(({ name }) => name);
    expect(names).toEqual(["name"]);
    expect(readOpenApi(null)).toEqual([]);
    expect(readOpenApi({ paths: { "/x": 3 } })).toEqual([]);
  });

  it("gives a line for the shell that sends what is needed", () => {
    const origin = "http://localhost:8080";
    expect(curlLine(endpoint("post-v1-datasets"), origin)).toBe(
      "curl -X POST 'http://localhost:8080/v1/datasets?name=NAME' " +
        "-H 'Content-Type: text/csv' --data-binary @table.csv",
    );
    expect(curlLine(endpoint("get-v1-studies-study-id-trials"), origin)).toBe(
      "curl 'http://localhost:8080/v1/studies/{study_id}/trials'",
    );
    expect(curlLine(endpoint("post-v1-studies-study-id-trials"), origin)).toContain(
      "-H 'Content-Type: application/json' -d @request.json",
    );
  });

  it("is found by all words of a search", () => {
    const found = (text: string): string[] =>
      matching(readOpenApi(DOCUMENT), text).flatMap((each) => each.endpoints.map((e) => e.id));
    expect(found("GET trials")).toEqual(["get-v1-studies-study-id-trials"]);
    expect(found("equals nowhere")).toEqual([]);
    expect(found(" ")).toHaveLength(3);
  });
});
