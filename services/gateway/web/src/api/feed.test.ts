import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed, retryDelay } from "./feed";
import type { FeedHandlers, FeedStatus } from "./feed";
import { browserTransport, setTransport } from "./transport";
import type { Socket } from "./transport";

class FakeSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  closed = false;
  constructor(readonly path: string) {}
  close(): void {
    this.closed = true;
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  event(seq: number): void {
    this.say({ v: 1, seq, time: "", type: "study.created", subject: "", data: {} });
  }
}

let sockets: FakeSocket[];
let statuses: FeedStatus[];
let heard: number[];
let feed: Feed;
let onReset: ReturnType<typeof vi.fn<() => void>>;
let onEnd: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, statuses, heard] = [[], [], []];
  [onReset, onEnd] = [vi.fn(), vi.fn()];
  setTransport({
    ...browserTransport,
    openSocket: (path) => {
      const socket = new FakeSocket(path);
      sockets.push(socket);
      return socket;
    },
  });
  const handlers: FeedHandlers = {
    onStatus: (status) => statuses.push(status),
    onFrame: () => undefined,
    onHello: () => undefined,
    onEvent: (event) => heard.push(event.seq),
    onReset,
    onEnd,
  };
  feed = new Feed("s 1", 5, handlers);
});

afterEach(() => {
  feed.close();
  vi.useRealTimers();
});

const last = (): FakeSocket => sockets[sockets.length - 1] as FakeSocket;
const hello = { v: 1, type: "hello", seq: 7, data: { study: {} } };

describe("a feed", () => {
  it("starts after what is known, and is live with the first frame", () => {
    expect(last().path).toBe("/v1/studies/s%201/events?after=5");
    last().say(hello);
    expect(statuses).toEqual(["connecting", "live"]);
  });

  it("comes back after a break where it was, and skips repeats", () => {
    last().say(hello);
    last().event(6);
    last().event(7);
    last().onclose?.({ code: 1012 });
    expect(statuses).toContain("reconnecting");
    vi.advanceTimersByTime(20_000);
    expect(sockets).toHaveLength(2);
    expect(last().path).toContain("after=7");
    last().event(7);
    last().event(8);
    expect(heard).toEqual([6, 7, 8]);
  });

  it("is offline after many failures, and still tries", () => {
    for (let failure = 0; failure < 6; failure += 1) {
      last().onclose?.({ code: 1006 });
      vi.advanceTimersByTime(16_000);
    }
    expect(statuses).toContain("offline");
    expect(sockets.length).toBeGreaterThan(6);
    last().say(hello);
    expect(statuses[statuses.length - 1]).toBe("live");
  });

  it("takes silence for death", () => {
    last().say(hello);
    const first = last();
    vi.advanceTimersByTime(60_000);
    expect(first.closed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("ends when the server has sent everything", () => {
    last().onclose?.({ code: 1000 });
    vi.advanceTimersByTime(60_000);
    expect(onEnd).toHaveBeenCalledOnce();
    expect(sockets).toHaveLength(1);
  });

  it("says when the log must be read anew", () => {
    last().say({ v: 1, type: "reset", seq: 3 });
    expect(onReset).toHaveBeenCalledOnce();
  });
});

describe("the delay before a retry", () => {
  it("doubles up to a limit, with jitter", () => {
    expect(retryDelay(0, 0)).toBe(250);
    expect(retryDelay(3, 1)).toBe(4000);
    expect(retryDelay(30, 1)).toBe(15_000);
  });
});
