/** The queue's figures, in words. */

import type { QueueMoment, QueueNow } from "../../api/workers";
import { count, counted } from "../../format/numbers";

export interface Figure {
  name: string;
  value: string;
  help: string;
  isBad?: boolean;
}

const UNKNOWN = "–";

export function brokerWords(now: QueueNow): string {
  const { broker, consumers, messages_ready: messages } = now;
  if (broker === null) return "The broker has not told of its queue lately";
  if (broker === "memory") return "In this server’s memory";
  if (messages === null || consumers === null) return "In RabbitMQ";
  return `In RabbitMQ: ${counted(messages, "message")}, ${counted(consumers, "consumer")}`;
}

/** Cohorts, as the ledger counts them; dead letters, as the broker does. */
export function depthFigures(now: QueueNow): Figure[] {
  const dead = now.dead_letters;
  return [
    { name: "Ready", value: count(now.ready), help: readyHelp(now) },
    {
      name: "Unacknowledged",
      value: count(now.unacknowledged),
      help: "with a worker, not ended",
    },
    {
      name: "Dead letters",
      value: dead === null ? UNKNOWN : count(dead),
      help: dead === null ? "the broker doesn’t say" : "that nobody could handle",
      isBad: dead !== null && dead > 0,
    },
  ];
}

function readyHelp({ pending }: QueueNow): string {
  if (pending === 0) return "wait for a worker";
  return `wait for a worker; ${count(pending)} more about to be queued`;
}

export function paceFigures(now: QueueNow): Figure[] {
  return [
    { name: "Trials", value: pace(now.trials_per_minute), help: "ended a minute" },
    { name: "Cohorts", value: pace(now.cohorts_per_minute), help: "ended a minute" },
    { name: "Epochs", value: pace(now.epochs_per_second), help: "a second, of all trials" },
  ];
}

/** 0, 3.4, 27, 1,204. */
export function pace(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : count(Math.round(value));
}

/** `12:04:05`, where the reader is. */
export function secondOfDay(time: string): string {
  return new Date(time).toLocaleTimeString("en-GB");
}

export function momentWords(moment: QueueMoment): string {
  const { ready, unacknowledged: taken, trials_per_minute: trials } = moment;
  const at = secondOfDay(moment.time);
  return `${at}: ${count(ready)} ready, ${count(taken)} in work, ${pace(trials)} trials a minute`;
}
