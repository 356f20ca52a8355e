/** Trials as the server sends many at once: an array a field, a design's fields beside the rest. */

import type { Design, Trial, TrialColumns } from "../api/types";
import type { LiveTrial } from "./fold";

type Columns<Fields> = { readonly [Field in keyof Fields]: readonly Fields[Field][] };
type All = Columns<Omit<Trial, "design">> & Columns<Design>;

/** @throws RangeError where the arrays are not all of one length. */
export function trialsOf({ count, columns }: TrialColumns): LiveTrial[] {
  const uneven = Object.keys(columns).find((field) => columns[field]?.length !== count);
  if (uneven) throw new RangeError(`${uneven} has ${columns[uneven]?.length} values of ${count}`);
  const all = columns as unknown as All;
  return Array.from({ length: count }, (_, row) => trialAt(all, row));
}

// Written out: an object that is filled field by field takes four times as long, and twice the
// memory. What is missing here doesn't compile.
function trialAt(of: All, row: number): LiveTrial {
  return {
    number: of.number[row]!,
    state: of.state[row]!,
    reason: of.reason[row]!,
    stop_reason: of.stop_reason[row]!,
    detail: of.detail[row]!,
    engine: of.engine[row]!,
    seed: of.seed[row]!,
    cohort_id: of.cohort_id[row]!,
    score_val: of.score_val[row]!,
    score_test: of.score_test[row]!,
    val_loss: of.val_loss[row]!,
    best_epoch: of.best_epoch[row]!,
    epochs: of.epochs[row]!,
    fit_time_seconds: of.fit_time_seconds[row]!,
    n_params: of.n_params[row]!,
    n_layers: of.n_layers[row]!,
    attempt: of.attempt[row]!,
    worker_id: of.worker_id[row]!,
    has_model: of.has_model[row]!,
    purpose: of.purpose[row]!,
    repeat: of.repeat[row]!,
    share: of.share[row]!,
    baseline: of.baseline[row]!,
    created_at: of.created_at[row]!,
    started_at: of.started_at[row]!,
    ended_at: of.ended_at[row]!,
    design: designAt(of, row),
    live: null,
    live_score: null,
  };
}

function designAt(of: All, row: number): Design {
  return {
    hidden: of.hidden[row]!,
    activation: of.activation[row]!,
    norm: of.norm[row]!,
    dropout: of.dropout[row]!,
    residual: of.residual[row]!,
    optimizer: of.optimizer[row]!,
    learning_rate: of.learning_rate[row]!,
    weight_decay: of.weight_decay[row]!,
    batch_size: of.batch_size[row]!,
    momentum: of.momentum[row]!,
    schedule: of.schedule[row]!,
    warmup_epochs: of.warmup_epochs[row]!,
    class_weight: of.class_weight[row]!,
    recipe: of.recipe[row]!,
    missing_indicators: of.missing_indicators[row]!,
    group_rare: of.group_rare[row]!,
  };
}
