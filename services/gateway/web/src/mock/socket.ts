/** The socket of a made-up study's events; a flaky one breaks off now and then. */

import type { Socket } from "../api/transport";
import { studies } from "./world";

const PACE_MS = 100;
const HEARTBEAT_MS = 15_000;
/** How long a flaky connection lasts, and how long nobody can connect afterwards. */
const FLAKY = { lasts: 8_000, away: 6_000 };

/** `flaky`: by the clock, so that REST and every socket are away at the same time. */
export function isAway(flaky: boolean): boolean {
  return flaky && Date.now() % (FLAKY.lasts + FLAKY.away) > FLAKY.lasts;
}

export class MockSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly id: string;
  private seq: number;
  private greeted = false;
  private saidAt = 0;

  constructor(
    path: string,
    private readonly away: () => boolean,
  ) {
    const url = new URL(path, location.origin);
    this.id = url.pathname.split("/")[3] ?? "";
    this.seq = Number(url.searchParams.get("after"));
    this.timer = setInterval(() => this.tell(), PACE_MS);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private tell(): void {
    const study = studies.get(this.id);
    if (!study || this.away()) return this.end(1006);
    const view = study.view();
    const hello = { v: 1, type: "hello", seq: view.seq, data: { study: view.study } };
    if (!this.greeted) this.say(hello);
    this.greeted = true;
    const events = study.eventsAfter(this.seq);
    for (const event of events) this.say(event);
    this.seq += events.length;
    if (Date.now() - this.saidAt > HEARTBEAT_MS) this.say({ v: 1, type: "heartbeat", data: {} });
    if (view.study.ended_at !== null) this.end(1000);
  }

  private end(code: number): void {
    this.close();
    this.onclose?.({ code });
  }

  private say(frame: unknown): void {
    this.saidAt = Date.now();
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}
