/** What stands where nothing is: empty, loading, failed. */

import type { ComponentChildren } from "preact";
import { ApiProblem, Unreachable } from "../api/client";
import { Icon } from "./icons";
import type { IconName } from "./icons";

interface BlankProps {
  icon: IconName;
  title: string;
  text?: ComponentChildren;
  page?: boolean;
  children?: ComponentChildren;
}

export function Blank({ icon, title, text, page, children }: BlankProps) {
  return (
    <div class={page ? "blank page" : "blank"}>
      <Icon name={icon} />
      {page ? <h1>{title}</h1> : <strong>{title}</strong>}
      {text !== undefined && <p>{text}</p>}
      {children}
    </div>
  );
}

export function Skeleton({ lines = 4, label }: { lines?: number; label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}

/** A whole screen has nothing to show, for nobody answers. */
export function NoServer({ onRetry }: { onRetry: () => void }) {
  return (
    <Blank
      page
      icon="unplugged"
      title="The server can't be reached"
      text={
        <>
          Start it with <code>layerlab up</code>. This page looks for it every few seconds.
        </>
      }
    >
      <button type="button" class="btn btn-quiet" onClick={onRetry}>
        Try now
      </button>
    </Blank>
  );
}

/** What went wrong, where, and what to do about it. All of it is text, whatever it holds. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div class="note tone-bad" role="alert">
      <Icon name={error instanceof Unreachable ? "unplugged" : "warning"} />
      <strong>{problemTitle(error)}</strong>
      <ProblemText error={error} />
      {onRetry && (
        <button type="button" class="btn btn-quiet btn-small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The frame's bar says already that the server is away, where there is something to look at. */
export function isSaidByFrame(error: unknown, value: unknown): boolean {
  return value !== null && error instanceof Unreachable;
}

function problemTitle(error: unknown): string {
  if (error instanceof ApiProblem) return error.problem.detail;
  if (error instanceof Unreachable) return "The server can't be reached";
  return "Something went wrong on this page";
}

function ProblemText({ error }: { error: unknown }) {
  if (error instanceof Unreachable) {
    return (
      <p>
        Is <code>layerlab up</code> running? What it has accepted is safe; nothing is lost by
        waiting.
      </p>
    );
  }
  if (!(error instanceof ApiProblem)) return <p>{String(error)}</p>;
  const where = problemPlace(error);
  return (
    <>
      {error.problem.hint && <p>{error.problem.hint}</p>}
      <p class="muted">
        {where && `${where} · `}
        <code>{error.problem.code}</code>
      </p>
    </>
  );
}

export function problemPlace(error: ApiProblem): string {
  const { location, field } = error.problem;
  const parts: string[] = [];
  if (location?.row) parts.push(`row ${location.row}`);
  if (location?.column) parts.push(`column “${location.column}”`);
  if (parts.length === 0 && field) parts.push(`field ${field}`);
  return parts.join(", ");
}
