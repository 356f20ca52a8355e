import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Feed } from "./feed";
import type { FeedHandlers, FeedStatus } from "./feed";
import { retryDelay } from "./retry";
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
let nextTries: (number | null)[];
let feed: Feed;
let onFailure: ReturnType<typeof vi.fn<(failures: number) => void>>;
let onReset: ReturnType<typeof vi.fn<() => void>>;
let onEnd: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  vi.useFakeTimers();
  [sockets, statuses, heard, nextTries] = [[], [], [], []];
  [onReset, onEnd, onFailure] = [vi.fn(), vi.fn(), vi.fn()];
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
    onNextTry: (at) => nextTries.push(at),
    onFrame: () => undefined,
    onFailure,
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

describe("a gap in what a feed is sent", () => {
  beforeEach(() => {
    last().say(hello);
    last().event(6);
    last().event(9);
  });

  it("is asked for again, and nothing after it is taken before", () => {
    expect(heard).toEqual([6]);
    expect(sockets[0]?.closed).toBe(true);
    expect(statuses.at(-1)).toBe("reconnecting");
    vi.advanceTimersByTime(1_000);
    expect(last().path).toContain("after=6");
    for (const seq of [7, 8, 9]) last().event(seq);
    expect(heard).toEqual([6, 7, 8, 9]);
    expect(onReset).not.toHaveBeenCalled();
  });

  it("has everything read anew when the log has it too", () => {
    vi.advanceTimersByTime(1_000);
    last().say(hello);
    last().event(9);
    expect(onReset).toHaveBeenCalledOnce();
    expect(heard).toEqual([6]);
  });
});

describe("a heartbeat that knows of more", () => {
  const beat = (seq: number): void => last().say({ v: 1, type: "heartbeat", seq });

  it("is believed until the next one, then what is missing is asked for", () => {
    last().say(hello);
    beat(6);
    expect(sockets).toHaveLength(1);
    beat(6);
    vi.advanceTimersByTime(1_000);
    expect(sockets).toHaveLength(2);
    expect(last().path).toContain("after=5");
  });

  it("is nothing to act on once its event has come", () => {
    last().say(hello);
    beat(6);
    last().event(6);
    beat(6);
    vi.advanceTimersByTime(1_000);
    expect(sockets).toHaveLength(1);
  });
});

describe("a broken connection", () => {
  it("says when it is tried again, and is tried at once when asked to", () => {
    last().say(hello);
    last().onclose?.({ code: 1012 });
    const planned = nextTries.at(-1) ?? 0;
    expect(planned).toBeGreaterThan(Date.now());
    feed.tryNow();
    expect(sockets).toHaveLength(2);
    expect(nextTries.at(-1)).toBeNull();
    vi.advanceTimersByTime(20_000);
    expect(sockets).toHaveLength(2);
  });

  it("waits longer after the server found it too slow", () => {
    last().say(hello);
    last().onclose?.({ code: 1013 });
    vi.advanceTimersByTime(1_900);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(200);
    expect(sockets).toHaveLength(2);
  });

  it("has somebody ask why, from the second failure on", () => {
    last().onclose?.({ code: 1006 });
    expect(onFailure).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20_000);
    last().onclose?.({ code: 1006 });
    expect(onFailure).toHaveBeenCalledWith(2);
  });

  it("is what follows a frame that can't be read", () => {
    last().say(hello);
    last().onmessage?.({ data: '{"v":1,"seq' });
    expect(sockets[0]?.closed).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(last().path).toContain("after=5");
  });
});

describe("a page that comes back", () => {
  // A sleeping machine's timers stand still while its clock goes on.
  const sleep = (milliseconds: number): void => {
    vi.setSystemTime(Date.now() + milliseconds);
  };

  it("looks at once when the machine has slept longer than the server is ever silent", () => {
    last().say(hello);
    sleep(3_600_000);
    document.dispatchEvent(new Event("visibilitychange"));
    expect(sockets).toHaveLength(2);
    expect(last().path).toContain("after=5");
  });

  it("keeps a connection that was heard of a moment ago", () => {
    last().say(hello);
    sleep(5_000);
    window.dispatchEvent(new Event("focus"));
    expect(sockets).toHaveLength(1);
  });

  it("does not wait for the planned try once the network is back", () => {
    last().onclose?.({ code: 1006 });
    window.dispatchEvent(new Event("online"));
    expect(sockets).toHaveLength(2);
  });

  it("is live without a network when the server is on this machine", () => {
    last().say(hello);
    window.dispatchEvent(new Event("offline"));
    expect(sockets).toHaveLength(2);
    last().say(hello);
    expect(statuses.at(-1)).toBe("live");
  });
});

describe("the delay before a retry", () => {
  it("doubles up to a limit, with jitter", () => {
    expect(retryDelay(0, 0)).toBe(250);
    expect(retryDelay(3, 1)).toBe(4000);
    expect(retryDelay(30, 1)).toBe(15_000);
  });
});
