/** Everything about a study's verdict: the panel in words, then what stands behind it. */

import type { StudyView } from "../../../state/fold";
import { Boundary } from "../../../ui/panel";
import { EffectsPanel } from "./effects_panel";
import { FinalistTable } from "./finalist_table";
import { ImportancesPanel } from "./importances_panel";
import { RowsPanel } from "./rows_panel";
import { VerdictPanel } from "./verdict_panel";

interface VerdictPartsProps {
  view: StudyView;
  error: unknown;
  onRetry: () => void;
}

export function VerdictParts({ view, error, onRetry }: VerdictPartsProps) {
  const { verdict } = view;
  return (
    <>
      <Boundary>
        <VerdictPanel view={view} error={error} onRetry={onRetry} />
      </Boundary>
      {verdict && verdict.contenders.length > 0 && (
        <Boundary>
          <FinalistTable verdict={verdict} />
        </Boundary>
      )}
      {verdict && (
        <Boundary>
          <div class="reasons">
            <EffectsPanel verdict={verdict} />
            <div>
              <RowsPanel verdict={verdict} />
              <ImportancesPanel verdict={verdict} />
            </div>
          </div>
        </Boundary>
      )}
    </>
  );
}
