import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Design } from "../../../api/types";
import { scoreColor } from "../../../charts/score_scale";
import { BASELINE_WORDS, PURPOSE_WORDS } from "../../../format/design_words";
import { score } from "../../../format/metric";
import { layers, reasonWords } from "../../../format/words";
import type { LiveTrial } from "../../../state/fold";
import { LayerGlyph } from "../../../ui/icons";
import { TrialBadge } from "../../../ui/state_badge";
import { MOST_PICKED, picked, togglePick } from "../../../state/selection";
import type { BoardRow } from "./board_rows";

export function ScoreCell({ row }: { row: BoardRow }) {
  const { utility: height, range } = row;
  return (
    <span class="score-cell">
      {height !== null && (
        <span class="swatch" style={{ background: scoreColor(height, range) }} />
      )}
      {score(row.score, row.metric)}
    </span>
  );
}

/** Whether the Tab key stops at a row: at one of them only, arrows lead to the others. */
export const RowStop = createContext(true);

/** The row opens the trial for a mouse; this does for a keyboard. */
export function NumberCell({ number }: { number: number }) {
  return (
    <button
      type="button"
      class="link-button"
      aria-label={`Trial ${number}`}
      tabIndex={useContext(RowStop) ? 0 : -1}
    >
      {number}
    </button>
  );
}

export function PurposeCell({ trial }: { trial: LiveTrial }) {
  const parts = [PURPOSE_WORDS[trial.purpose]];
  if (trial.repeat > 0) parts.push(`repeat ${trial.repeat}`);
  if (trial.share < 1) parts.push(`${Math.round(trial.share * 100)}\u202f% of rows`);
  return <span class="purpose-cell">{parts.join(" · ")}</span>;
}

export function DesignCell({ trial }: { trial: LiveTrial }) {
  if (trial.baseline) return <em>{BASELINE_WORDS[trial.baseline]}</em>;
  return <LayersCell design={trial.design} />;
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

/** Picks the trial for comparing; six at most. */
export function PickCell({ number }: { number: number }) {
  const isPicked = picked.value.includes(number);
  return (
    <label class="pick-cell">
      <input
        type="checkbox"
        tabIndex={useContext(RowStop) ? 0 : -1}
        aria-label={`Pick trial ${number} for comparing`}
        checked={isPicked}
        disabled={!isPicked && picked.value.length >= MOST_PICKED}
        onChange={() => togglePick(number)}
      />
    </label>
  );
}
