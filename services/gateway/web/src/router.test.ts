import { describe, expect, it } from "vitest";
import { newStudyAddress, parseRoute, studyAddress } from "./router";

describe("addresses", () => {
  it("lead to the screens", () => {
    expect(parseRoute("/", "")).toEqual({ name: "home" });
    expect(parseRoute("/new", "?dataset=ab")).toEqual({ name: "new", datasetId: "ab" });
    expect(parseRoute("/new/", "")).toEqual({ name: "new", datasetId: null });
  });

  it("come back from the links that the page makes", () => {
    const id = "a/b c%";
    const [path = "", query = ""] = newStudyAddress(id).split("?");
    expect(parseRoute(path, query)).toEqual({ name: "new", datasetId: id });
    expect(parseRoute(studyAddress(id), "")).toEqual({ name: "study", studyId: id });
  });

  it("are missing when nobody made them", () => {
    expect(parseRoute("/studies", "")).toEqual({ name: "missing" });
    expect(parseRoute("/studies/%E0%A4%A", "")).toEqual({ name: "missing" });
    expect(parseRoute("/elsewhere", "")).toEqual({ name: "missing" });
  });
});
