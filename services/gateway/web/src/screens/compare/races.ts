/** A study's best score as steps, to be drawn beside another's. */

import type { Study } from "../../api/types";
import { placeOf } from "../../charts/best_axis";
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
  const steps = ended.flatMap((each, index) => {
    const { isBetter, best } = each;
    return isBetter && best !== null ? [{ at: placeOf(each, index, study, overTime), best }] : [];
  });
  const last = ended.at(-1);
  const end = last ? placeOf(last, ended.length - 1, study, overTime) : 0;
  return { study, steps, end, designs: ended.length };
}
