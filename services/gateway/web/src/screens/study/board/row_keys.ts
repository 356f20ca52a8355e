/** Where a key leads in a list of rows; null: nowhere. */
export function rowStep(key: string, from: number, rows: number, page: number): number | null {
  const to = stepTo(key, from, rows, page);
  if (to === null || rows === 0) return null;
  return Math.min(rows - 1, Math.max(0, to));
}

function stepTo(key: string, from: number, rows: number, page: number): number | null {
  switch (key) {
    case "ArrowDown":
      return from + 1;
    case "ArrowUp":
      return from - 1;
    case "PageDown":
      return from + page;
    case "PageUp":
      return from - page;
    case "Home":
      return 0;
    case "End":
      return rows - 1;
    default:
      return null;
  }
}
