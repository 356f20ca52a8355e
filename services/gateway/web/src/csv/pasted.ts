/** A table that was pasted becomes a file like any other. */

/** At least two lines with a separator in the first one. */
export function looksLikeTable(text: string): boolean {
  const lines = text.trim().split(/\r?\n/, 2);
  return lines.length === 2 && /[,;\t|]/.test(lines[0] ?? "");
}

export function pastedFile(text: string): File {
  return new File([text], "pasted table.csv", { type: "text/csv" });
}
