/** Why it won: the winner with one thing changed, as rows of a forest plot. */

import { useState } from "preact/hooks";
import type { Metric } from "../../../api/types";
import type { Effect, Verdict } from "../../../api/verdict";
import { scaleOf, ticks } from "../../../charts/interval_scale";
import type { Scale } from "../../../charts/interval_scale";
import { Whisker, WhiskerAxis } from "../../../charts/whisker";
import type { MarkTone } from "../../../charts/whisker";
import { fieldWords } from "../../../format/design_words";
import { differenceUnit, signed } from "../../../format/metric";
import { Panel } from "../../../ui/panel";

// As many as stand beside the two other panels.
const SHOWN = 8;

const TONES: Record<Effect["relation"], MarkTone> = {
  beats: "good",
  loses: "bad",
  undecided: "plain",
};

const OUTCOMES: Record<Effect["relation"], string> = {
  beats: "better",
  loses: "worse",
  undecided: "unclear",
};

export function EffectsPanel({ verdict }: { verdict: Verdict }) {
  const { metric, ablation } = verdict;
  const [all, setAll] = useState(false);
  if (ablation.length === 0) return null;
  const effects = [...ablation].sort(mostTellingFirst);
  const shown = all ? effects : effects.slice(0, SHOWN);
  const scale = scaleOf(ablation.map(markOf), [0]);
  return (
    <Panel
      title="What each choice is worth"
      subtitle="The winner with one thing changed, on the same splits and seeds"
      flush
      class="effects"
    >
      <div class="table-frame" tabIndex={0} role="region" aria-label="Effects of changes">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Change</th>
              <th scope="col" class="num">
                Effect, {differenceUnit(metric)}
              </th>
              <th scope="col" class="whisker-cell">
                <span class="visually-hidden">Effect with its interval, drawn</span>
                <WhiskerAxis
                  values={ticks(scale, 4)}
                  scale={scale}
                  format={(value) => signed(value, metric)}
                />
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((effect) => (
              <EffectRow key={effect.sentence} effect={effect} metric={metric} scale={scale} />
            ))}
          </tbody>
        </table>
      </div>
      {effects.length > SHOWN && (
        <div class="table-foot">
          <span>
            {shown.length} of {effects.length}
          </span>
          <button type="button" class="btn btn-quiet btn-small" onClick={() => setAll(!all)}>
            {all ? "Show fewer" : "Show all"}
          </button>
        </div>
      )}
    </Panel>
  );
}

interface EffectRowProps {
  effect: Effect;
  metric: Metric;
  scale: Scale;
}

function EffectRow({ effect, metric, scale }: EffectRowProps) {
  const { interval, relation } = effect;
  return (
    <tr data-effect={effect.field}>
      <th scope="row" class="change">
        <strong>{fieldWords(effect.field)}</strong>
        <span class="about">
          {effect.before} → {effect.after}
        </span>
      </th>
      <td class="num">
        <span class={`relation ${relation}`}>{OUTCOMES[relation]}</span>{" "}
        <strong>{signed(effect.difference, metric)}</strong>
        {interval && (
          <span class="between">
            {signed(interval.low, metric)} to {signed(interval.high, metric)}
          </span>
        )}
      </td>
      <td class="whisker-cell">
        <Whisker mark={markOf(effect)} scale={scale} tone={TONES[relation]} reference={0} />
      </td>
    </tr>
  );
}

function markOf(effect: Effect) {
  return { value: effect.difference, interval: effect.interval };
}

/** What is clear comes first, and of that what hurts most to change: it made the winner. */
function mostTellingFirst(a: Effect, b: Effect): number {
  const unclear = (effect: Effect): number => Number(effect.relation === "undecided");
  return unclear(a) - unclear(b) || (a.difference ?? 0) - (b.difference ?? 0);
}
