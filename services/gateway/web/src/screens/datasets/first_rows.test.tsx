import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Dataset } from "../../api/types";
import { FirstRows } from "./first_rows";

const DATASET = { dataset_id: "d1", rows: 344 } as Dataset;

let place: HTMLElement;

beforeEach(() => {
  place = document.createElement("div");
});

afterEach(() => {
  void act(() => render(null, place));
  vi.unstubAllGlobals();
});

async function open(status: number, answer: unknown): Promise<string[]> {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return Promise.resolve(Response.json(answer, { status }));
  });
  void act(() => render(<FirstRows dataset={DATASET} />, place));
  await act(() => new Promise((done) => setTimeout(done, 5)));
  return asked;
}

describe("a table's first rows", () => {
  it("are asked of the server, and are text whatever they hold", async () => {
    const cells = ["<img src=x onerror=alert(1)>", ""];
    const asked = await open(200, { columns: ["<b>a</b>", "b"], rows: [cells], total_size: 344 });
    expect(asked).toEqual(["/v1/datasets/d1/rows?limit=50"]);
    expect(place.querySelector("img, b")).toBeNull();
    expect([...place.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual([
      "1",
      "<img src=x onerror=alert(1)>",
      "empty",
    ]);
    expect(place.textContent).toContain("1 of 344 rows");
  });

  it("say why they aren't there", async () => {
    const detail = "Ingest can't be reached.";
    await open(503, { code: "unavailable", title: "Away", detail, status: 503 });
    expect(place.querySelector("[role=alert]")?.textContent).toContain(detail);
  });
});
