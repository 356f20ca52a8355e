import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { drain, listWorkers, queueNow } from "../../mock/fleet";
import { WorkersScreen } from "./workers_screen";

let place: HTMLElement;
let answers: (path: string) => Response;
const asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  place = document.createElement("div");
  asked.length = 0;
  answers = answerOfFleet;
  vi.stubGlobal("fetch", (path: string, init?: RequestInit) => {
    asked.push(`${init?.method ?? "GET"} ${path}`);
    return Promise.resolve(answers(path));
  });
});

afterEach(() => {
  void act(() => render(null, place));
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function answerOfFleet(path: string): Response {
  if (path === "/v1/queue") return Response.json(queueNow(1));
  const told = /^\/v1\/workers\/(.+):(drain|resume)$/.exec(path);
  if (told) return Response.json(drain(told[1] ?? "", told[2] ?? "", []));
  return Response.json(listWorkers([]));
}

async function open(): Promise<void> {
  void act(() => render(<WorkersScreen />, place));
  await act(settled);
}

async function settled(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((done) => setTimeout(done, 0));
}

function button(name: string): HTMLElement {
  const found = place.querySelector<HTMLElement>(`[aria-label="${name}"]`);
  if (!found) throw new Error(`No button ${name}`);
  return found;
}

async function press(name: string): Promise<void> {
  void act(() => button(name).click());
  await act(settled);
}

describe("the workers' screen", () => {
  it("drains a worker and has it resume, and shows what the server says of it", async () => {
    await open();
    await press("Drain trainer-2");
    expect(asked).toContain("POST /v1/workers/trainer-2:drain");
    expect(place.querySelector("[data-worker=trainer-2] .badge-state")?.textContent).toMatch(
      /Drain/,
    );
    await press("Resume trainer-2");
    expect(asked).toContain("POST /v1/workers/trainer-2:resume");
    expect(button("Drain trainer-2").textContent).toBe("Drain");
  });

  it("offers nothing for a worker that is gone", async () => {
    await open();
    const lost = place.querySelector("[data-worker=trainer-3]");
    expect(lost?.querySelector(".badge-state")?.textContent).toBe("Lost");
    expect(lost?.querySelector("button")).toBeNull();
  });

  it("says how to start a worker when there is none", async () => {
    answers = (path) =>
      path === "/v1/queue" ? answerOfFleet(path) : Response.json({ workers: [], queue: {} });
    await open();
    expect(place.textContent).toContain("No worker is connected");
    expect(place.querySelector("code")?.textContent).toBe("python -m services.trainer");
  });

  it("keeps the workers when the queue can't be told", async () => {
    const detail = "The queue is broken.";
    const problem = { code: "internal", title: "Oops", detail, status: 500 };
    answers = (path) =>
      path === "/v1/queue" ? Response.json(problem, { status: 500 }) : answerOfFleet(path);
    await open();
    expect(place.querySelector("[role=alert]")?.textContent).toContain(detail);
    expect(place.querySelectorAll("[data-worker]")).toHaveLength(3);
  });
});
