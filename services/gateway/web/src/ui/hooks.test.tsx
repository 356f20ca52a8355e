import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useThrottled } from "./hooks";

let place: HTMLElement;
let isHidden = false;

beforeEach(() => {
  vi.useFakeTimers();
  place = document.createElement("div");
  vi.spyOn(document, "hidden", "get").mockImplementation(() => isHidden);
});

afterEach(() => {
  isHidden = false;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function Slow({ value }: { value: number }) {
  return <p>{useThrottled(value, 1_000)}</p>;
}

function show(value: number): void {
  void act(() => render(<Slow value={value} />, place));
}

function wait(milliseconds: number): void {
  void act(() => void vi.advanceTimersByTime(milliseconds));
}

it("passes on a value that changes too often once in a while, and its last state", () => {
  show(1);
  show(2);
  wait(1);
  show(3);
  wait(500);
  expect(place.textContent).toBe("2");
  wait(500);
  expect(place.textContent).toBe("3");
});

it("waits while nobody looks, and shows the present once somebody does", () => {
  show(1);
  isHidden = true;
  show(2);
  wait(60_000);
  expect(place.textContent).toBe("1");
  isHidden = false;
  void act(() => void document.dispatchEvent(new Event("visibilitychange")));
  expect(place.textContent).toBe("2");
});
