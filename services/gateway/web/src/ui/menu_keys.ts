/** Which entry of a menu a key leads to (WAI-ARIA's practices for menus).
 *
 * `at` is the entry with the focus, -1 for none. Null for a key that leads nowhere.
 */
export function menuStep(key: string, at: number, labels: readonly string[]): number | null {
  const last = labels.length - 1;
  if (last < 0) return null;
  switch (key) {
    case "ArrowDown":
      return at >= last ? 0 : at + 1;
    case "ArrowUp":
      return at <= 0 ? last : at - 1;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return key.length === 1 && key !== " " ? startingWith(key, at, labels) : null;
  }
}

function startingWith(letter: string, at: number, labels: readonly string[]): number | null {
  for (let step = 1; step <= labels.length; step += 1) {
    const index = (Math.max(at, 0) + step - (at < 0 ? 1 : 0)) % labels.length;
    if (labels[index]?.toLowerCase().startsWith(letter.toLowerCase())) return index;
  }
  return null;
}
