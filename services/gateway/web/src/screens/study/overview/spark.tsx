/** The best score so far as a small line; its figures stand in words beside it. */

import { bestSoFar } from "../../../charts/best_so_far";
import type { EndedTrial } from "../../../charts/best_so_far";
import { metricName, score } from "../../../format/metric";
import { counted } from "../../../format/numbers";
import type { StudyView } from "../../../state/fold";

const WIDTH = 320;
const HEIGHT = 56;
const PAD = 4;

export function BestSpark({ view }: { view: StudyView }) {
  const { metric } = view.study;
  const ended = bestSoFar(view.trials.values(), metric);
  const steps = ended.filter((each) => each.isBetter);
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last || steps.length < 2) return null;
  const name = metricName(metric);
  const words =
    `Best ${name}: from ${score(first.best, metric)} to ${score(last.best, metric)} in ` +
    `${counted(ended.length, "design")}, improved ${counted(steps.length - 1, "time")}.`;
  return (
    <figure class="spark">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words}
      >
        <path d={sparkPath(ended)} vector-effect="non-scaling-stroke" />
      </svg>
      <figcaption class="muted small">
        from {score(first.best, metric)}, improved {counted(steps.length - 1, "time")} in{" "}
        {counted(ended.length, "design")}
      </figcaption>
    </figure>
  );
}

/** Steps from left to right, one place a trial that has ended; the highest value at the top. */
export function sparkPath(ended: readonly EndedTrial[]): string {
  const known = ended.flatMap(({ best, isBetter }, place) =>
    best !== null && isBetter ? [{ place, best }] : [],
  );
  const values = known.map(({ best }) => best);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (place: number): number => (place / Math.max(1, ended.length - 1)) * WIDTH;
  const y = (value: number): number =>
    PAD + (HEIGHT - 2 * PAD) * (high === low ? 0.5 : (high - value) / (high - low));
  const steps = known.map(({ place, best }, index) =>
    index === 0 ? `M${round(x(place))} ${round(y(best))}` : `H${round(x(place))}V${round(y(best))}`,
  );
  return steps.length === 0 ? "" : `${steps.join("")}H${WIDTH}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
