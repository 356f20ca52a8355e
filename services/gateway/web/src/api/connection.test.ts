import { afterEach, describe, expect, it } from "vitest";
import { listDatasets, ping, Unreachable } from "./client";
import { offline, returns } from "./connection";
import { browserTransport, setTransport } from "./transport";

function answerWith(fetch: () => Promise<Response>): void {
  setTransport({ ...browserTransport, fetch });
}

const fine = (): Promise<Response> => Promise.resolve(Response.json({ datasets: [] }));
const silent = (): Promise<Response> => Promise.reject(new TypeError("network"));

describe("the connection", () => {
  afterEach(async () => {
    answerWith(fine);
    await ping();
    setTransport(browserTransport);
  });

  it("is there as long as the server answers, whatever it answers", async () => {
    answerWith(() => Promise.resolve(new Response("{}", { status: 500 })));
    await ping();
    expect(offline.value).toBeNull();
  });

  it("is away when nobody answers, and says how old what is shown is", async () => {
    answerWith(fine);
    await listDatasets();
    answerWith(silent);
    await expect(listDatasets()).rejects.toBeInstanceOf(Unreachable);
    expect(offline.value?.shownAt).toBeTypeOf("number");
  });

  it("is away when only a proxy answers", async () => {
    answerWith(() => Promise.resolve(new Response("", { status: 502 })));
    await expect(listDatasets()).rejects.toBeInstanceOf(Unreachable);
    expect(offline.value).not.toBeNull();
  });

  it("is back with the next answer, and tells so once", async () => {
    answerWith(silent);
    await ping();
    const before = returns.value;
    answerWith(fine);
    await ping();
    await ping();
    expect(offline.value).toBeNull();
    expect(returns.value).toBe(before + 1);
  });
});
