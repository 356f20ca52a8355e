/** Follows a study's events: in order, without a gap, through breaks of the connection. */

import { eventsPath } from "./client";
import type { Frame, StudyEvent } from "./events";
import { onWake, Retry } from "./retry";
import { transport } from "./transport";
import type { Socket } from "./transport";
import type { Study } from "./types";

export type FeedStatus = "connecting" | "live" | "reconnecting" | "offline" | "ended";

export interface FeedHandlers {
  onStatus(status: FeedStatus): void;
  /** When it tries again by itself, in milliseconds since 1970; null: it isn't waiting. */
  onNextTry(at: number | null): void;
  /** Every frame counts: it says that what is on the screen is as of now. */
  onFrame(): void;
  onHello(study: Study): void;
  onEvent(event: StudyEvent): void;
  /** It could not connect, so many times since it last could; REST may say why. */
  onFailure(failures: number): void;
  /** Our place in the log is none, or something is missing from it: start anew. Now closed. */
  onReset(): void;
  /** Everything was sent; nothing more will come. Now closed. */
  onEnd(): void;
}

const TRIES_UNTIL_OFFLINE = 4;
// The server says something every 15 s. After this long, one more look may be worth it ...
const STALE_MS = 20_000;
// ... and after this long, the connection is dead, whatever the browser believes.
const SILENCE_MS = 35_000;
/** The server's closing codes; all others are taken for a break. */
const DONE = 1000;
const TOO_SLOW = 1013;
// What could not keep up needs a moment before it gets everything at once.
const TOO_SLOW_WAIT_MS = 2_000;

export class Feed {
  private socket: Socket | null = null;
  private closed = false;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  /** What the last heartbeat said there is. */
  private promised = 0;
  /** Where the last gap began. */
  private gapAfter = -1;
  private readonly retry: Retry;
  private readonly stopWaking: () => void;

  constructor(
    private readonly studyId: string,
    private after: number,
    private readonly handlers: FeedHandlers,
  ) {
    this.retry = new Retry(
      () => this.connect(),
      (at) => handlers.onNextTry(at),
    );
    this.stopWaking = onWake(() => this.wake());
    window.addEventListener("offline", this.resume);
    handlers.onStatus("connecting");
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.retry.cancel();
    this.stopWaking();
    window.removeEventListener("offline", this.resume);
    this.dropSocket();
  }

  /** Without waiting for the next try, if there is one planned. */
  tryNow(): void {
    if (this.retry.isPlanned) this.retry.now();
  }

  private connect(): void {
    const socket = transport().openSocket(eventsPath(this.studyId, this.after));
    this.socket = socket;
    this.promised = 0;
    this.noteSound();
    socket.onmessage = (message) => {
      this.noteSound();
      const frame = parseFrame(message.data);
      if (frame === null) this.onLost();
      else this.take(frame);
    };
    socket.onclose = (event) => this.onClose(event.code);
  }

  private take(frame: Frame): void {
    this.handlers.onFrame();
    switch (frame.type) {
      case "hello":
        this.retry.succeeded();
        this.handlers.onStatus("live");
        this.handlers.onHello(frame.data.study);
        break;
      case "heartbeat":
        // An event may be on its way behind a heartbeat, but not for a whole beat.
        if (this.promised > this.after) this.onGap();
        else this.promised = frame.seq;
        break;
      case "reset":
        this.startAnew();
        break;
      default:
        this.takeEvent(frame);
    }
  }

  private takeEvent(event: StudyEvent): void {
    // A repeat after a reconnection changes nothing.
    if (event.seq <= this.after) return;
    if (event.seq > this.after + 1) return this.onGap();
    this.after = event.seq;
    this.handlers.onEvent(event);
  }

  /** Resuming brings what is missing; if it is missing again, the log doesn't have it. */
  private onGap(): void {
    if (this.gapAfter === this.after) return this.startAnew();
    this.gapAfter = this.after;
    this.onLost();
  }

  private startAnew(): void {
    this.close();
    this.handlers.onReset();
  }

  private onClose(code: number): void {
    if (code !== DONE) return this.onLost(code === TOO_SLOW ? TOO_SLOW_WAIT_MS : 0);
    this.close();
    this.handlers.onEnd();
  }

  private onLost(wait = 0): void {
    this.dropSocket();
    const offline = !navigator.onLine || this.retry.failures >= TRIES_UNTIL_OFFLINE;
    this.handlers.onStatus(offline ? "offline" : "reconnecting");
    this.retry.later(wait);
    if (this.retry.failures > 1) this.handlers.onFailure(this.retry.failures);
  }

  /** Timers don't run while a laptop sleeps: the socket may be dead for longer than they know. */
  private wake(): void {
    if (this.socket === null) this.tryNow();
    else if (Date.now() - this.heardAt > STALE_MS) this.resume();
  }

  /** At once and on a new socket. The browser's own word isn't enough to be offline: a server on
   *  this machine is there without any network.
   */
  private readonly resume = (): void => {
    if (this.closed) return;
    this.dropSocket();
    this.handlers.onStatus("reconnecting");
    this.retry.now();
  };

  private noteSound(): void {
    this.heardAt = Date.now();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.onLost(), SILENCE_MS);
  }

  private dropSocket(): void {
    clearTimeout(this.silence);
    if (this.socket === null) return;
    this.socket.onclose = null;
    this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }
}

/** Null for what is no frame: then nothing that follows can be relied on. */
function parseFrame(text: string): Frame | null {
  try {
    const frame = JSON.parse(text) as Frame | null;
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}
