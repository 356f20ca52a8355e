/** The first rows of a table, as they are: nothing is guessed, nothing is converted. */

export const PREVIEW_ROWS = 200;
// Enough for 200 rows of a wide table; the rest of a large file is never read here.
const PREVIEW_BYTES = 1 << 20;

export interface Preview {
  header: string[];
  rows: string[][];
  /** Of the whole table; null: there are more than these, nobody has counted yet. */
  total: number | null;
}

export async function readPreview(file: File): Promise<Preview> {
  // Loaded when the first table is looked at.
  const { default: Papa } = await import("papaparse");
  const head = new File([file.slice(0, PREVIEW_BYTES)], file.name);
  const encoding = await encodingOf(head);
  return new Promise((resolve, reject) => {
    Papa.parse<string[], File>(head, {
      encoding,
      preview: PREVIEW_ROWS + 2,
      dynamicTyping: false,
      skipEmptyLines: "greedy",
      complete: ({ data }) => resolve(asPreview(data, file.size > PREVIEW_BYTES)),
      error: (error) => reject(error),
    });
  });
}

/** As on the server: what is no UTF-8 is Latin-1. A byte-order mark goes before either. */
async function encodingOf(head: File): Promise<string> {
  try {
    // A stream may end within a character.
    new TextDecoder("utf-8", { fatal: true }).decode(await head.arrayBuffer(), { stream: true });
    return "utf-8";
  } catch {
    return "latin1";
  }
}

function asPreview(lines: string[][], cut: boolean): Preview {
  const [header = [], ...rows] = lines;
  return {
    header: header.map((name, index) => (index === 0 ? name.replace(/^\ufeff/, "") : name)),
    rows: rows.slice(0, PREVIEW_ROWS),
    total: cut || rows.length > PREVIEW_ROWS ? null : rows.length,
  };
}
