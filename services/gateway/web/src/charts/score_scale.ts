/** One color for a score, the same in the leaderboard and on every chart. Scores are utilities
 *  here: the higher, the better. */

/** Tokens of the scale, worst to best. */
export const SCALE_TOKENS = ["--score-0", "--score-1", "--score-2", "--score-3", "--score-4"];

export interface ScoreRange {
  low: number;
  high: number;
}

/** From the 5th percentile to the best, so that one failed design doesn't wash out the others. */
export function scoreRange(scores: readonly (number | null)[]): ScoreRange {
  const known = scores.filter((score): score is number => score !== null).sort((a, b) => a - b);
  const low = known[Math.floor(known.length * 0.05)] ?? 0;
  const high = known[known.length - 1] ?? 1;
  return { low, high };
}

/** 0 (worst) to 1 (best) within the range. */
export function scorePart(score: number, { low, high }: ScoreRange): number {
  if (high <= low) return 1;
  return Math.min(1, Math.max(0, (score - low) / (high - low)));
}

export function scoreColor(score: number, range: ScoreRange): string {
  const place = scorePart(score, range) * (SCALE_TOKENS.length - 1);
  const step = Math.min(SCALE_TOKENS.length - 2, Math.floor(place));
  const share = Math.round((place - step) * 100);
  return `color-mix(in oklab, var(--score-${step + 1}) ${share}%, var(--score-${step}))`;
}
