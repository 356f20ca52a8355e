import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, it } from "vitest";
import { useResource } from "./resource";
import type { Resource } from "./resource";

let place: HTMLElement;
let answers: ((text: string) => void)[];
let found: Resource<string>;

function Shown({ of }: { of: string }) {
  found = useResource(() => new Promise<string>((resolve) => answers.push(resolve)), [of]);
  return <p>{found.value}</p>;
}

function show(of: string): void {
  void act(() => render(<Shown of={of} />, place));
}

beforeEach(() => {
  answers = [];
  place = document.createElement("div");
  show("one");
});
afterEach(() => render(null, place));

it("is not asked for again by a refresh while an answer is on its way", async () => {
  found.refresh();
  expect(answers).toHaveLength(1);
  await act(async () => answers[0]?.("first"));
  expect(place.textContent).toBe("first");
  found.refresh();
  expect(answers).toHaveLength(2);
});

it("drops what was on its way when it is reloaded, or when something else is asked for", async () => {
  found.reload();
  show("two");
  expect(answers).toHaveLength(3);
  await act(async () => {
    answers[2]?.("of two");
    answers[0]?.("of one");
    answers[1]?.("of one again");
  });
  expect(place.textContent).toBe("of two");
});
