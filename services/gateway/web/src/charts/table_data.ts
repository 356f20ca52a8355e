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

export function toCsv({ columns, rows }: TableData): string {
  const lines = [columns.map((column) => column.label), ...rows];
  return `${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

function cell(text: string): string {
  // A spreadsheet would run what begins like a formula.
  const safe = /^[=+@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
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
