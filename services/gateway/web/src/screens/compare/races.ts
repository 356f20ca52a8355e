/** A study's best score as steps, to be drawn beside another's. */

import type { Study } from "../../api/types";
import type { EndedTrial } from "../../charts/best_so_far";

export interface Race {
  study: Study;
  /** Each time that the best score grew; `at` is a count of designs, or seconds since the start. */
  steps: readonly { at: number; best: number }[];
  /** Where its last design ended, in the same measure. */
  end: number;
  designs: number;
}

export function raceOf(study: Study, ended: readonly EndedTrial[], overTime: boolean): Race {
  const start = Date.parse(study.started_at ?? study.created_at);
  const placeOf = (place: number): number => {
    const at = ended[place]?.trial.ended_at;
    return overTime ? (Date.parse(at ?? "") - start) / 1000 : place + 1;
  };
  const steps = ended.flatMap(({ isBetter, best }, place) =>
    isBetter && best !== null ? [{ at: placeOf(place), best }] : [],
  );
  const designs = ended.length;
  return { study, steps, end: designs > 0 ? placeOf(designs - 1) : 0, designs };
}
