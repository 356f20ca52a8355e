/** What a study's counts mean. */

import type { Study } from "../api/types";

/** Designs of the search that were trained to an end; what was cancelled before has ended, too. */
export function designsDone({ progress }: Pick<Study, "progress">): number {
  return progress.done - (progress.cancelled ?? 0);
}
