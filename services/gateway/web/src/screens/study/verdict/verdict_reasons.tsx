/** What stands behind a verdict: its finalists, what each choice is worth, and the rows. */

import type { Verdict } from "../../../api/verdict";
import { Boundary } from "../../../ui/panel";
import { EffectsPanel } from "./effects_panel";
import { FinalistTable } from "./finalist_table";
import { ImportancesPanel } from "./importances_panel";
import { RowsPanel } from "./rows_panel";

/** `VerdictPanel` says it; here is why. */
export function VerdictReasons({ verdict }: { verdict: Verdict }) {
  return (
    <>
      {verdict.contenders.length > 0 && (
        <Boundary>
          <FinalistTable verdict={verdict} />
        </Boundary>
      )}
      <Boundary>
        <div class="reasons">
          <EffectsPanel verdict={verdict} />
          <div>
            <RowsPanel verdict={verdict} />
            <ImportancesPanel verdict={verdict} />
          </div>
        </div>
      </Boundary>
    </>
  );
}
