/** The numbers behind a chart, for a table on the screen and a CSV. */

export interface Column {
  label: string;
  isNumber?: boolean;
}

export interface TableData {
  columns: readonly Column[];
  /** As they are read on the screen. */
  rows: readonly (readonly string[])[];
}

/** Numbers without their units, so that a spreadsheet counts with them: shares of 1, seconds. */
export function toCsv({ columns, rows }: TableData): string {
  const lines = rows.map((row) =>
    row.map((text, place) => (columns[place]?.isNumber ? plainNumber(text) : null) ?? cell(text)),
  );
  const head = columns.map(({ label }) => cell(label));
  return `${[head, ...lines].map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function cell(text: string): string {
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, "%": 0.01, k: 1e3, M: 1e6, s: 1, ms: 1e-3 };

/** `12.3 k` is 12300, `87.5 %` is 0.875; null: it is no number, or in several units. */
function plainNumber(text: string): string | null {
  const [, digits = "", unit = ""] = /^([-−+]?[\d,]*\.?\d+(?:e[-+]?\d+)?)\s*(%|k|M|s|ms|)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (digits === "" || factor === undefined) return null;
  const value = Number(digits.replaceAll(",", "").replace("−", "-"));
  return Number.isFinite(value) ? String(Number((value * factor).toPrecision(12))) : null;
}

/** `penguins-best-so-far` from a study's name and a plot's. */
export function fileName(study: string, plot: string): string {
  const plain = `${study} ${plot}`.normalize("NFKD").replaceAll(/[\u0300-\u036f]/g, "");
  const words = plain.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["plot"];
  return words.join("-").slice(0, 80);
}

export function saveText(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
