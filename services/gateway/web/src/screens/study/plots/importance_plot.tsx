/** Which hyperparameters the score depends on, as the verdict says. */

import type { StudyView } from "../../../state/fold";
import { Blank } from "../../../ui/blank";
import { Panel } from "../../../ui/panel";
import { ImportancesPanel } from "../verdict/importances_panel";

export function ImportancePlot({ view: { study, verdict } }: { view: StudyView }) {
  if (verdict && verdict.importances.length > 0) return <ImportancesPanel verdict={verdict} />;
  const text =
    study.verdict === "off"
      ? "They come with a verdict, and this study was created without one."
      : verdict
        ? "Too few designs have succeeded, or they don’t differ."
        : "They come with the first verdict, after some designs have ended.";
  return (
    <Panel title="Which choices mattered">
      <Blank icon="chart" title="No importances" text={text} />
    </Panel>
  );
}
