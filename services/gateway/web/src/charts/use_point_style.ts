/** The selection, as it changes, in the form in which plots take it. */

import { useMemo } from "preact/hooks";
import type { Study } from "../api/types";
import { brushes, picked } from "../state/selection";
import type { PointStyle } from "./points";

export function usePointStyle(study: Study): PointStyle {
  const { metric } = study;
  const best = study.best?.number ?? null;
  const [where, pick] = [brushes.value, picked.value];
  return useMemo(
    () => ({ metric, best, brushes: where, picked: pick }),
    [metric, best, where, pick],
  );
}
