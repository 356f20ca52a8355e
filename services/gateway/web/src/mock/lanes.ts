/** Made-up designs, and how well and how fast each one learns. */

import type { EpochReport } from "../api/events";
import type { CurvePoint, Design, Metric } from "../api/types";
import { bell, pick } from "./random";
import type { Random } from "./random";

export interface Lane {
  number: number;
  design: Design;
  epochs: number;
  /** What it would reach in the end, and how many epochs most of it takes. */
  limit: number;
  pace: number;
  curve: CurvePoint[];
}

const LONGEST = 60;

export interface LaneKind {
  metric: Metric;
  /** The target has nothing to do with the features. */
  isNoise: boolean;
}

export function makeLane(random: Random, number: number, kind: LaneKind): Lane {
  const design = makeDesign(random);
  const merit = kind.isNoise ? bell(random) * 0.03 : meritOf(design) + bell(random) * 0.012;
  const epochs = 14 + Math.floor(random() * (LONGEST - 14));
  return {
    number,
    design,
    epochs,
    limit: limitOf(merit, kind),
    pace: 3 + 4 * Math.abs(Math.log10(design.learning_rate) + 2.3) + random() * 3,
    curve: [],
  };
}

function limitOf(merit: number, { metric, isNoise }: LaneKind): number {
  if (metric === "r2") return isNoise ? merit - 0.02 : Math.min(0.93, 0.46 + merit * 2.4);
  return isNoise ? 0.44 + merit : Math.min(0.995, 0.945 + merit);
}

/** A learning rate off its best costs most, then width, norm and depth, as in real searches. */
function meritOf(design: Design): number {
  const depth = design.hidden.length;
  const width = design.hidden.reduce((a, b) => a + Math.log2(b), 0) / depth;
  const best = design.optimizer === "sgd" ? -1.3 : -2.4;
  const off = Math.log10(design.learning_rate) - best;
  return (
    0.034 -
    0.035 * off ** 2 -
    0.006 * Math.abs(depth - 2.4) +
    0.006 * (width - 6) +
    (design.norm === "none" ? -0.012 : 0.004) +
    (design.activation === "sigmoid" ? -0.018 : 0) -
    0.02 * Math.abs(design.dropout - 0.1)
  );
}

function makeDesign(random: Random): Design {
  const depth = 1 + Math.floor(random() * 4);
  return {
    hidden: Array.from({ length: depth }, () => pick(random, [16, 32, 64, 128, 256])),
    activation: pick(random, ["relu", "tanh", "gelu", "silu", "sigmoid"] as const),
    norm: pick(random, ["none", "batch", "layer"] as const),
    dropout: pick(random, [0, 0.1, 0.25, 0.4]),
    residual: depth > 1 && random() < 0.3,
    optimizer: pick(random, ["adam", "adamw", "sgd"] as const),
    learning_rate: 5e-4 * 100 ** random(),
    weight_decay: random() < 0.5 ? 0 : 1e-6 * 1000 ** random(),
    batch_size: pick(random, [16, 32, 64, 128]),
    momentum: 0.9,
    schedule: pick(random, ["constant", "cosine"] as const),
    warmup_epochs: 0,
    class_weight: "none",
    recipe: null,
    missing_indicators: false,
    group_rare: false,
  };
}

/** One more epoch of it; `elapsed` in seconds. */
export function report(lane: Lane, epoch: number, elapsed: number, random: Random): EpochReport {
  const learnt = 1 - Math.exp(-epoch / lane.pace);
  // What is learnt by heart costs on rows that were not seen.
  const overfit = 0.004 * Math.max(0, epoch - 3 * lane.pace) * (1 - lane.design.dropout * 2);
  const point: CurvePoint = {
    epoch,
    train_loss: 1.1 * (1 - learnt) + 0.05 + bell(random) * 0.004,
    val_loss: 1.1 * (1 - learnt) + 0.08 + overfit + Math.abs(bell(random)) * 0.01,
    score_val: lane.limit * learnt - Math.abs(bell(random)) * 0.012,
    elapsed_seconds: elapsed,
  };
  lane.curve.push(point);
  return { number: lane.number, ...point };
}

export function peakOf(lane: Lane): CurvePoint {
  return lane.curve.reduce((a, b) => ((b.score_val ?? 0) > (a.score_val ?? 0) ? b : a));
}

/** Of the penguins: nine features, three classes. */
export function countParameters(design: Design): number {
  const widths = [9, ...design.hidden, 3];
  return widths.slice(1).reduce((sum, width, index) => sum + ((widths[index] ?? 0) + 1) * width, 0);
}

/** Seconds: depth and width, over how many rows go at once. */
export function fitTimeOf(design: Design, epochs: number): number {
  const steps = (epochs * 275) / design.batch_size;
  return steps * (4e-4 * (1 + design.hidden.length) + 4e-8 * countParameters(design));
}

/** A curve that ends as the trial did, for trials whose reports were left out of the events. */
export function curveTo(score: number, epochs: number, random: Random): CurvePoint[] {
  return Array.from({ length: epochs }, (_, index) => {
    const epoch = index + 1;
    const left = Math.exp((-4 * epoch) / epochs);
    return {
      epoch,
      train_loss: 0.05 + left,
      val_loss: 0.09 + left + Math.abs(bell(random)) * 0.01,
      score_val: score * (1 - left) - Math.abs(bell(random)) * 0.01,
      elapsed_seconds: epoch * 0.05,
    };
  });
}
