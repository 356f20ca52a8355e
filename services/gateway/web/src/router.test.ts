import { afterEach, describe, expect, it } from "vitest";
import {
  changedQuery,
  compareStudiesAddress,
  datasetAddress,
  navigate,
  newStepAddress,
  newStudyAddress,
  parseRoute,
  query,
  route,
  setQuery,
  STUDY_TABS,
  studyAddress,
  trialAddress,
} from "./router";
import type { Route } from "./router";

function routeOf(address: string): Route {
  const [path = "", search = ""] = address.split("?");
  return parseRoute(path, search);
}

describe("addresses", () => {
  it("lead to the screens", () => {
    expect(routeOf("/")).toEqual({ name: "home" });
    expect(routeOf("/?state=RUNNING")).toEqual({ name: "home" });
    expect(routeOf("/datasets")).toEqual({ name: "datasets" });
    expect(routeOf("/workers/")).toEqual({ name: "workers" });
    expect(routeOf("/api")).toEqual({ name: "api" });
  });

  it("lead to each step of a new study, with or without its table", () => {
    const at = { name: "new", datasetId: "ab", from: null };
    expect(routeOf("/new")).toEqual({ ...at, step: "upload", datasetId: null });
    expect(routeOf("/new/")).toEqual({ ...at, step: "upload", datasetId: null });
    expect(routeOf("/new?dataset=ab")).toEqual({ ...at, step: "columns" });
    expect(routeOf("/new/search?dataset=ab")).toEqual({ ...at, step: "search" });
    expect(routeOf("/new/review?dataset=ab&from=s")).toEqual({ ...at, step: "review", from: "s" });
  });

  it("lead to each tab of a study and to its trials", () => {
    expect(routeOf("/studies/s")).toEqual({ name: "study", studyId: "s", tab: "overview" });
    for (const tab of STUDY_TABS) {
      expect(routeOf(`/studies/s/${tab}`)).toEqual({ name: "study", studyId: "s", tab });
    }
    expect(routeOf("/studies/s/trials/17")).toEqual({ name: "trial", studyId: "s", number: 17 });
  });

  it("come back from the links that the page makes", () => {
    const id = "a/b c%,&";
    expect(routeOf(newStudyAddress(id))).toMatchObject({ step: "columns", datasetId: id });
    const review = newStepAddress("review", { dataset: id, from: id });
    expect(routeOf(review)).toEqual({ name: "new", step: "review", datasetId: id, from: id });
    const plots = routeOf(studyAddress(id, "plots"));
    expect(plots).toEqual({ name: "study", studyId: id, tab: "plots" });
    expect(routeOf(trialAddress(id, 3))).toEqual({ name: "trial", studyId: id, number: 3 });
    expect(routeOf(datasetAddress(id))).toEqual({ name: "dataset", datasetId: id });
    expect(routeOf(compareStudiesAddress(["x y", "z"]))).toEqual({
      name: "compareStudies",
      studyIds: ["x y", "z"],
    });
  });

  it.each([
    "/studies",
    "/studies/%E0%A4%A",
    "/studies/s/elsewhere",
    "/studies/s/trials/0",
    "/studies/s/trials/1e3",
    "/studies/s/trials/1/more",
    "/studies/s/plots/1",
    "/new/elsewhere",
    "/new/search/more",
    "/workers/more",
    "/datasets/a/b",
    "/elsewhere",
  ])("are missing when nobody made them: %s", (address) => {
    expect(routeOf(address)).toEqual({ name: "missing" });
  });
});

describe("the query", () => {
  afterEach(() => navigate("/"));

  it("keeps what nobody changes", () => {
    expect(changedQuery("?a=1&b=2", { b: "3" })).toBe("?a=1&b=3");
    expect(changedQuery("?a=1", { a: null })).toBe("");
  });

  it("holds a name more than once", () => {
    const changed = changedQuery("?where=old", { where: ["x>=1", "y=a,b"] });
    expect(new URLSearchParams(changed).getAll("where")).toEqual(["x>=1", "y=a,b"]);
    expect(changed).toContain("a,b");
  });

  it("changes at the present address and leaves the screen as it is", () => {
    navigate("/studies/s/plots?x=1");
    const before = history.length;
    setQuery({ pick: "3,17" });
    expect(location.pathname + location.search).toBe("/studies/s/plots?x=1&pick=3,17");
    expect(query.value.get("pick")).toBe("3,17");
    expect(route.value).toEqual({ name: "study", studyId: "s", tab: "plots" });
    expect(history.length).toBe(before + 1);
    setQuery({ pick: null }, { replace: true });
    expect(location.search).toBe("?x=1");
    expect(history.length).toBe(before + 1);
  });
});
