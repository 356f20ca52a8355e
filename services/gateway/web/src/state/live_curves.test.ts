import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { StudyEvent } from "../api/events";
import { browserTransport, setTransport } from "../api/transport";
import type { CurvePoint } from "../api/types";
import type { LiveTrial } from "./fold";
import { LiveCurves, growCurves, refetchCurves } from "./live_curves";

const RUNNING = { number: 7, state: "RUNNING", attempt: 1 } as LiveTrial;
let answers: ((curve: CurvePoint[]) => void)[] = [];
let failures = 0;
let curves: LiveCurves;
let leave: () => void;
const onChange = vi.fn();

beforeEach(() => {
  answers = [];
  failures = 0;
  onChange.mockReset();
  setTransport({
    ...browserTransport,
    fetch: () =>
      failures-- > 0
        ? Promise.reject(new TypeError("network"))
        : new Promise((resolve) =>
            answers.push((curve) => resolve(new Response(JSON.stringify({ curve })))),
          ),
  });
  curves = new LiveCurves("s", 10, onChange);
  leave = curves.listen();
});
afterEach(() => {
  leave();
  setTransport(browserTransport);
});

function point(epoch: number): CurvePoint {
  return { epoch, train_loss: 1, val_loss: 1, score_val: 0.5, elapsed_seconds: epoch };
}

function points(first: number, last: number): CurvePoint[] {
  return Array.from({ length: last - first + 1 }, (_, place) => point(first + place));
}

function reported(epoch: number, attempt = 1): StudyEvent {
  const data = { cohort_id: "c", attempt, reports: [{ number: 7, ...point(epoch) }] };
  return { v: 1, seq: epoch, time: "", subject: "", type: "trial.epochs_reported", data } as StudyEvent;
}

function epochs(): number[] {
  return curves.points(7).map(({ epoch }) => epoch);
}

test("a curve is asked for once and grows by the events that follow", async () => {
  curves.watch([RUNNING]);
  growCurves("s", [reported(3), reported(4)]);
  answers[0]?.(points(1, 3));
  await vi.waitFor(() => expect(epochs()).toEqual([1, 2, 3, 4]));
  growCurves("s", [reported(5)]);
  growCurves("another", [reported(6)]);
  curves.watch([{ ...RUNNING, live: { epoch: 5 } } as LiveTrial]);
  expect(epochs()).toEqual([1, 2, 3, 4, 5]);
  expect(answers).toHaveLength(1);
});

test("a new attempt, and the end, are asked for anew; an older attempt's epochs are not its own", async () => {
  curves.watch([RUNNING]);
  answers[0]?.(points(1, 2));
  await vi.waitFor(() => expect(epochs()).toEqual([1, 2]));
  curves.watch([{ ...RUNNING, attempt: 2 }]);
  growCurves("s", [reported(3, 1)]);
  answers[1]?.(points(1, 1));
  await vi.waitFor(() => expect(epochs()).toEqual([1]));
  curves.watch([{ ...RUNNING, attempt: 2, state: "SUCCEEDED" }]);
  expect(answers).toHaveLength(3);
});

test("a long curve keeps its ends and a bounded number of points", async () => {
  curves.watch([RUNNING]);
  answers[0]?.(points(1, 10));
  await vi.waitFor(() => expect(epochs()).toHaveLength(10));
  for (let epoch = 11; epoch <= 500; epoch += 1) growCurves("s", [reported(epoch)]);
  expect(epochs().length).toBeLessThanOrEqual(20);
  expect(epochs()[0]).toBe(1);
  expect(epochs().at(-1)).toBe(500);
});

test("what could not be read is read when it is asked for again, and after missed events", async () => {
  failures = 1;
  curves.watch([RUNNING]);
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce());
  expect(onChange.mock.lastCall?.[0]).toBeInstanceOf(Error);
  curves.watch([RUNNING]);
  answers[0]?.(points(1, 2));
  await vi.waitFor(() => expect(epochs()).toEqual([1, 2]));
  refetchCurves("s");
  answers[1]?.(points(1, 6));
  await vi.waitFor(() => expect(epochs()).toHaveLength(6));
});

test("what is shown no longer is forgotten", async () => {
  curves.watch([RUNNING]);
  answers[0]?.(points(1, 2));
  await vi.waitFor(() => expect(epochs()).toEqual([1, 2]));
  curves.watch([]);
  expect(epochs()).toEqual([]);
});
