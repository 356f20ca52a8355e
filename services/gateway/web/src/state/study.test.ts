import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../api/client";
import type { StudyEvent } from "../api/events";
import { browserTransport, setTransport } from "../api/transport";
import type { Socket } from "../api/transport";
import { blankStudy, MockStudy } from "../mock/studies";
import { columnsOf } from "../mock/trial_routes";
import { profile, sampleCsv } from "../mock/tables";
import { foldEvents, openView } from "./fold";
import type { StudyView } from "./fold";
import { openStudy } from "./study";
import type { StudyStore } from "./study";

const BLANK = (() => {
  const table = profile("penguins.csv", sampleCsv());
  const request = { dataset_id: table.dataset_id, target: "species", seed: 5 };
  return blankStudy("s", table, { ...request, budget: { max_trials: 24 } }, 0);
})();
const EVENTS = new MockStudy(BLANK, 0).eventsAfter(0);

/** A gateway whose study has come to event `seq`; it can be killed, and lose everything. */
class FakeGateway {
  seq = 0;
  isUp = true;
  isEmpty = false;
  refuses: string | null = null;
  asked: string[] = [];
  private sockets: FakeSocket[] = [];

  view(): StudyView {
    return foldEvents(openView(structuredClone(BLANK), []), EVENTS.slice(0, this.seq));
  }

  async fetch(path: string): Promise<Response> {
    this.asked.push(path);
    if (!this.isUp) throw new TypeError("nobody answers");
    if (this.isEmpty) return problem(404, "unknown_study");
    if (this.refuses !== null && path.includes(this.refuses)) return problem(500, "internal");
    const { study, trials, verdict } = this.view();
    if (path.endsWith("/verdict")) return answer(verdict);
    if (!path.includes("trials:columns")) return answer({ ...study, seq: this.seq });
    const folded = { view: () => ({ trials, seq: this.seq, study }) } as unknown as MockStudy;
    return columnsOf(folded, new URLSearchParams(path.split("?")[1]));
  }

  open(path: string): Socket {
    const socket = new FakeSocket(Number(new URLSearchParams(path.split("?")[1]).get("after")));
    this.sockets.push(socket);
    void Promise.resolve().then(() => {
      if (!this.isUp || this.isEmpty) return socket.onclose?.({ code: 1006 });
      socket.say({ type: "hello", seq: this.seq, data: { study: this.view().study } });
      this.send(socket);
    });
    return socket;
  }

  /** To event `seq`; `lost` of those on the way don't arrive. */
  advance(seq: number, lost: readonly number[] = []): void {
    this.seq = Math.min(seq, EVENTS.length);
    for (const socket of this.sockets) this.send(socket, lost);
  }

  kill(): void {
    this.isUp = false;
    for (const socket of this.sockets.splice(0)) socket.onclose?.({ code: 1012 });
  }

  private send(socket: FakeSocket, lost: readonly number[] = []): void {
    for (const event of EVENTS.slice(socket.after, this.seq)) {
      if (!lost.includes(event.seq)) socket.say(event);
    }
    socket.after = this.seq;
    if (this.seq === EVENTS.length) socket.onclose?.({ code: 1000 });
  }
}

class FakeSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  constructor(public after: number) {}
  close(): void {
    this.onmessage = this.onclose = null;
  }
  say(frame: StudyEvent | object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

function answer(value: unknown): Response {
  return new Response(JSON.stringify(value));
}

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ status, code, detail: code, title: "" }), { status });
}

let gateway: FakeGateway;
let store: StudyStore;
const third = Math.floor(EVENTS.length / 3);

beforeEach(async () => {
  vi.useFakeTimers();
  gateway = new FakeGateway();
  gateway.seq = third;
  setTransport({
    ...browserTransport,
    fetch: (path) => gateway.fetch(path),
    openSocket: (path) => gateway.open(path),
  });
  store = openStudy("s");
  await vi.advanceTimersByTimeAsync(1_000);
});

afterEach(() => {
  store.close();
  vi.useRealTimers();
});

/** States and scores by number, and the counts: what a person would notice. */
function seen(view: StudyView | null): unknown {
  if (!view) return null;
  const trials = [...view.trials.values()];
  return {
    trials: trials.map(({ number, state, score_val, score_test }) => ({
      ...{ number, state, score_val, score_test },
    })),
    state: view.study.state,
    done: view.study.progress.done,
    running: view.study.progress.running,
    best: view.study.best?.number,
    verdict: view.verdict?.headline,
  };
}

describe("a study that is followed", () => {
  it("shows what the server has, and then every event", async () => {
    expect(store.status.value).toBe("live");
    gateway.advance(third + 200);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen(store.view.value)).toEqual(seen(gateway.view()));
  });

  it("reads everything once, and again only at its end", async () => {
    const reads = (): number => gateway.asked.filter((path) => path.includes(":columns")).length;
    gateway.advance(third + 200);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(reads()).toBe(1);
    gateway.advance(EVENTS.length);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(reads()).toBe(2);
    expect(store.status.value).toBe("ended");
    expect(seen(store.view.value)).toEqual(seen(gateway.view()));
  });

  it("misses nothing of what was lost on the way", async () => {
    gateway.advance(third + 50, [third + 10, third + 11]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(seen(store.view.value)).toEqual(seen(gateway.view()));
    expect(store.status.value).toBe("live");
  });

  it("draws a few times a second, however many events come", async () => {
    let draws = 0;
    const stop = store.view.subscribe(() => (draws += 1));
    for (let event = 1; event <= 100; event += 1) {
      gateway.advance(third + event);
      await vi.advanceTimersByTimeAsync(10);
    }
    stop();
    expect(draws).toBeLessThan(12);
  });
});

describe("a gateway that is killed", () => {
  beforeEach(async () => {
    gateway.kill();
    await vi.advanceTimersByTimeAsync(40_000);
  });

  it("leaves what was shown, says how old it is and when it is asked again", () => {
    expect(store.status.value).toBe("offline");
    expect(store.view.value).not.toBeNull();
    expect(store.error.value).toBeNull();
    expect(store.asOf.value).toBeLessThan(Date.now() - 30_000);
    expect(store.nextTry.value).toBeGreaterThan(Date.now());
  });

  it("is caught up with when it is back", async () => {
    gateway.isUp = true;
    gateway.seq = third + 300;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.status.value).toBe("live");
    expect(store.nextTry.value).toBeNull();
    expect(seen(store.view.value)).toEqual(seen(gateway.view()));
  });

  it("is asked at once when somebody wants it", async () => {
    gateway.isUp = true;
    store.tryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(store.status.value).toBe("live");
  });

  it("that comes back without the study says so, and is asked no more", async () => {
    gateway.isUp = gateway.isEmpty = true;
    await vi.advanceTimersByTimeAsync(40_000);
    expect((store.error.value as ApiProblem).problem.code).toBe("unknown_study");
    const asked = gateway.asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gateway.asked).toHaveLength(asked);
  });
});

describe("what can't be read", () => {
  it("at the end is asked for until it can", async () => {
    gateway.refuses = ":columns";
    gateway.advance(EVENTS.length);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(store.status.value).not.toBe("ended");
    expect(store.error.value).toBeInstanceOf(ApiProblem);
    gateway.refuses = null;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(store.status.value).toBe("ended");
    expect(store.error.value).toBeNull();
  });

  it("of a verdict leaves the rest of the study", async () => {
    gateway.refuses = "/verdict";
    gateway.advance(EVENTS.length);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(store.verdictError.value).toBeInstanceOf(ApiProblem);
    expect(store.view.value?.study.state).toBe("SUCCEEDED");
    gateway.refuses = null;
    store.reload();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(store.verdictError.value).toBeNull();
    expect(store.view.value?.verdict?.is_final).toBe(true);
  });

  it("while the server is away at first is read when it is there", async () => {
    store.close();
    gateway.isUp = false;
    store = openStudy("s");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(store.error.value).not.toBeNull();
    gateway.isUp = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.status.value).toBe("live");
    expect(store.error.value).toBeNull();
  });

  it("is nothing that a closed study asks for", async () => {
    gateway.kill();
    store.close();
    const asked = gateway.asked.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(gateway.asked).toHaveLength(asked);
  });
});
