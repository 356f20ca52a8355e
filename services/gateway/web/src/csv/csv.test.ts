import { describe, expect, it } from "vitest";
import { looksLikeTable } from "./pasted";
import { readPreview } from "./preview";

describe("a preview", () => {
  it("keeps every cell as it is written", async () => {
    const file = new File(['\ufeffid,"a ""b"""\n007,<img src=x>\n1e3,\n'], "t.csv");
    const preview = await readPreview(file);
    expect(preview.header).toEqual(["id", 'a "b"']);
    expect(preview.rows).toEqual([
      ["007", "<img src=x>"],
      ["1e3", ""],
    ]);
    expect(preview.total).toBe(2);
  });

  it("reads Latin-1 where a file is no UTF-8", async () => {
    const latin = new Uint8Array([0x67, 0x72, 0xf6, 0xdf, 0x65, 0x0a, 0x31, 0x0a]);
    expect((await readPreview(new File([latin], "t.csv"))).header).toEqual(["größe"]);
    expect((await readPreview(new File(["größe\n1\n"], "t.csv"))).header).toEqual(["größe"]);
  });

  it("ends after 200 rows and says that there are more", async () => {
    const lines = Array.from({ length: 500 }, (_, row) => `${row},x`);
    const preview = await readPreview(new File([`n,t\n${lines.join("\n")}`], "t.csv"));
    expect(preview.rows).toHaveLength(200);
    expect(preview.total).toBeNull();
  });
});

describe("a pasted text", () => {
  it("is a table when it has lines and separators", () => {
    expect(looksLikeTable("a\tb\n1\t2")).toBe(true);
    expect(looksLikeTable("just a sentence, with a comma")).toBe(false);
    expect(looksLikeTable("one\ntwo")).toBe(false);
  });
});
