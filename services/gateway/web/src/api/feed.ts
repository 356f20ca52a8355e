/** Follows a study's events: in order, without a gap, through breaks of the connection. */

import { eventsPath } from "./client";
import type { Frame, StudyEvent } from "./events";
import { transport } from "./transport";
import type { Socket } from "./transport";
import type { Study } from "./types";

export type FeedStatus = "connecting" | "live" | "reconnecting" | "offline" | "ended";

export interface FeedHandlers {
  onStatus(status: FeedStatus): void;
  /** Every frame counts: it says that what is on the screen is as of now. */
  onFrame(): void;
  onHello(study: Study): void;
  onEvent(event: StudyEvent): void;
  /** The server doesn't know our place in the log: start anew. */
  onReset(): void;
  /** Everything was sent; nothing more will come. */
  onEnd(): void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
const TRIES_UNTIL_OFFLINE = 4;
// The server says something every 15 s; a connection that is silent for longer is dead.
const SILENCE_MS = 35_000;

/** Doubles with each failed try, with jitter so that many pages don't come back at once. */
export function retryDelay(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures);
  return ceiling * (0.5 + random / 2);
}

export class Feed {
  private socket: Socket | null = null;
  private failures = 0;
  private closed = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly studyId: string,
    private after: number,
    private readonly handlers: FeedHandlers,
  ) {
    window.addEventListener("online", this.reconnectNow);
    window.addEventListener("offline", this.goOffline);
    document.addEventListener("visibilitychange", this.reconnectNow);
    handlers.onStatus("connecting");
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    clearTimeout(this.silence);
    window.removeEventListener("online", this.reconnectNow);
    window.removeEventListener("offline", this.goOffline);
    document.removeEventListener("visibilitychange", this.reconnectNow);
    this.dropSocket();
  }

  private connect(): void {
    const socket = transport().openSocket(eventsPath(this.studyId, this.after));
    this.socket = socket;
    this.watchSilence();
    socket.onmessage = (message) => {
      this.watchSilence();
      this.take(JSON.parse(message.data) as Frame);
    };
    socket.onclose = (event) => this.onClose(event.code);
  }

  private take(frame: Frame): void {
    this.handlers.onFrame();
    switch (frame.type) {
      case "hello":
        this.failures = 0;
        this.handlers.onStatus("live");
        this.handlers.onHello(frame.data.study);
        break;
      case "heartbeat":
        break;
      case "reset":
        this.handlers.onReset();
        break;
      default:
        // A repeat after a reconnection changes nothing.
        if (frame.seq <= this.after) return;
        this.after = frame.seq;
        this.handlers.onEvent(frame);
    }
  }

  private onClose(code: number): void {
    clearTimeout(this.silence);
    this.socket = null;
    if (this.closed) return;
    if (code === 1000) {
      this.close();
      this.handlers.onStatus("ended");
      this.handlers.onEnd();
      return;
    }
    const offline = !navigator.onLine || this.failures >= TRIES_UNTIL_OFFLINE;
    this.handlers.onStatus(offline ? "offline" : "reconnecting");
    this.retry = setTimeout(() => this.connect(), retryDelay(this.failures, Math.random()));
    this.failures += 1;
  }

  private watchSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.dropSocket();
      this.onClose(1006);
    }, SILENCE_MS);
  }

  private dropSocket(): void {
    if (this.socket === null) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  private readonly goOffline = (): void => this.handlers.onStatus("offline");

  private readonly reconnectNow = (): void => {
    if (this.socket !== null || this.closed || document.visibilityState === "hidden") return;
    clearTimeout(this.retry);
    this.connect();
  };
}
