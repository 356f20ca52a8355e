/** The server, played in the browser, so that the page can be worked on and looked at alone.
 *
 * `npm run mock`, then `/` for a little of everything, or `/?mock=NAMES`: see `scenarios.ts`.
 * What was asked for holds for the tab, until another `?mock=`.
 */

import { Cancelled, setTransport } from "../api/transport";
import type { Transport, Upload } from "../api/transport";
import { problem } from "./answers";
import { answer } from "./routes";
import { readAsked } from "./scenarios";
import type { Fault } from "./scenarios";
import { isAway, MockSocket } from "./socket";
import { addTable, seed } from "./world";

const SLOW_MS = 2_500;
const KEY = "mock";

export function install(): void {
  const here = new URLSearchParams(location.search).get("mock");
  if (here !== null) sessionStorage.setItem(KEY, here);
  const { studies, faults } = readAsked(here ?? sessionStorage.getItem(KEY) ?? "");
  seed(studies);
  setTransport(mockTransport(faults));
}

function mockTransport(faults: ReadonlySet<Fault>): Transport {
  const away = (): boolean => faults.has("offline") || isAway(faults.has("flaky"));
  return {
    fetch: async (path, init) => {
      await wait(faults.has("slow") ? SLOW_MS : 0);
      if (away()) throw new TypeError("nobody answers");
      if (faults.has("errors")) return problem(500, "internal", "Something broke on the server.");
      return answer(path, init);
    },
    upload: playUpload,
    openSocket: (path) => new MockSocket(path, away),
  };
}

function playUpload(
  path: string,
  body: Blob,
  onProgress: (sent: number, total: number) => void,
): Upload {
  let cancelled = false;
  const done = (async () => {
    for (let part = 1; part <= 5; part += 1) {
      await wait(120);
      onProgress((body.size * part) / 5, body.size);
    }
    await wait(400);
    if (cancelled) throw new Cancelled();
    const name = new URLSearchParams(path.split("?")[1]).get("name") ?? "table.csv";
    const text = await body.text();
    if (text.trim().split("\n").length < 2) return { status: 422, body: NO_ROWS };
    return { status: 201, body: JSON.stringify(addTable(name, text)) };
  })();
  return { done, cancel: () => (cancelled = true) };
}

const NO_ROWS = JSON.stringify({
  type: "urn:layerlab:problem:no_rows",
  title: "The request can't be accepted",
  status: 422,
  code: "no_rows",
  detail: "The table has a header and no rows.",
  hint: "Upload a table with at least 20 rows.",
});

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
