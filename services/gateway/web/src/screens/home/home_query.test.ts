import { describe, expect, it } from "vitest";
import { isFiltered, readHomeQuery, shownOf, toggled } from "./home_query";

const read = (text: string): ReturnType<typeof readHomeQuery> =>
  readHomeQuery(new URLSearchParams(text));

describe("the list of studies in its address", () => {
  it("shows the newest fifty where nothing is asked", () => {
    const asked = read("");
    expect(asked).toMatchObject({ text: "", states: [], tags: [], deleted: false, limit: 50 });
    expect(isFiltered(asked)).toBe(false);
  });

  it("is filtered by text, states and tags", () => {
    const asked = read("?q=iris&state=RUNNING&state=FAILED&tag=a,b&tag=c&tag=c");
    expect(asked.text).toBe("iris");
    expect(asked.states).toEqual(["RUNNING", "FAILED"]);
    expect(asked.tags).toEqual(["a,b", "c"]);
    expect(isFiltered(asked)).toBe(true);
  });

  it("asks for no state that there isn't", () => {
    expect(read("?state=ASLEEP").states).toEqual([]);
  });

  it.each([
    ["?show=100", 100],
    ["?show=51", 100],
    ["?show=-3", 50],
    ["?show=much", 50],
    ["?show=99999", 1000],
  ])("asks for whole pages within what one answer holds: %s", (text, limit) => {
    expect(read(text).limit).toBe(limit);
  });

  it("keeps what is ticked for a comparison", () => {
    expect(read("?pick=s1,s2").picked).toEqual(["s1", "s2"]);
  });
});

describe("what is shown of a list", () => {
  it("is told beside the whole", () => {
    expect(shownOf(50, 1213, true)).toBe("50 of 1,213");
    expect(shownOf(7, 7, false)).toBe("7");
    expect(shownOf(50, null, true)).toBe("50 and more");
  });

  it("changes by one tick at a time", () => {
    expect(toggled(["a"], "b")).toEqual(["a", "b"]);
    expect(toggled(["a", "b"], "a")).toEqual(["b"]);
  });
});
