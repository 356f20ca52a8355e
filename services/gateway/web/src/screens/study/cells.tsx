import type { Design } from "../../api/types";
import { score } from "../../format/numbers";
import { layers, reasonWords } from "../../format/words";
import type { LiveTrial } from "../../state/fold";
import { LayerGlyph } from "../../ui/icons";
import { TrialBadge } from "../../ui/state_badge";
import type { BoardRow } from "./board_rows";

export function ScoreCell({ row }: { row: BoardRow }) {
  return (
    <span class="score-cell">
      {row.color && <span class="swatch" style={{ background: row.color }} />}
      {score(row.score, row.metric)}
    </span>
  );
}

export function LayersCell({ design }: { design: Design }) {
  return (
    <span class="layers-cell">
      <LayerGlyph hidden={design.hidden} />
      {layers(design.hidden)}
      {design.residual && <span class="muted">+ skip</span>}
    </span>
  );
}

export function EpochsCell({ row }: { row: BoardRow }) {
  const { trial } = row;
  if (row.epochs === 0) return <span class="muted">–</span>;
  const best = trial.best_epoch === null ? undefined : `best at epoch ${trial.best_epoch}`;
  return <span title={best}>{row.epochs}</span>;
}

export function StateCell({ trial }: { trial: LiveTrial }) {
  const reason = trial.reason ?? trial.stop_reason;
  const title = [reason && reasonWords(reason), trial.detail].filter(Boolean).join(": ");
  return (
    <span>
      <TrialBadge state={trial.state} title={title || undefined} />
      {trial.stop_reason === "rung" && (
        <span class="muted small"> at the rung after epoch {trial.epochs}</span>
      )}
    </span>
  );
}
