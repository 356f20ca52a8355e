/** The finalists side by side, and below them what every network has to beat. */

import type { Metric } from "../../../api/types";
import type { Verdict } from "../../../api/verdict";
import { ticks } from "../../../charts/interval_scale";
import type { Scale } from "../../../charts/interval_scale";
import { Whisker, WhiskerAxis } from "../../../charts/whisker";
import type { MarkTone } from "../../../charts/whisker";
import { BASELINE_WORDS } from "../../../format/design_words";
import {
  axisText,
  differenceUnit,
  isLoss,
  metricLabel,
  metricName,
  score,
  signed,
} from "../../../format/metric";
import { compact, counted, levelWords } from "../../../format/numbers";
import { designSummary } from "../../../format/words";
import { Chip, Icon, LayerGlyph } from "../../../ui/icons";
import { Panel } from "../../../ui/panel";
import { finalistTable, markOf } from "./finalists";
import type { Against, Finalist } from "./finalists";

const COLUMNS = 7;

export function FinalistTable({ verdict }: { verdict: Verdict }) {
  const { designs, baselines, scale, level } = finalistTable(verdict);
  const { metric } = verdict;
  const best = designs.find((row) => row.isWinner);
  const reference = best ? markOf(best).value : null;
  const repeats = new Set([...designs, ...baselines].map(({ contender }) => contender.repeats));
  const shared = { metric, scale, reference, showsRepeats: repeats.size > 1 };
  return (
    <Panel
      title="The finalists"
      subtitle={subtitle(verdict, shared.showsRepeats)}
      flush
      class="finalists"
    >
      <div class="table-frame" tabIndex={0} role="region" aria-label="Finalists">
        <table class="grid">
          <Head metric={metric} scale={scale} level={level} />
          <tbody>
            {designs.map((row) => (
              <Row key={row.contender.name} row={row} {...shared} />
            ))}
          </tbody>
          {baselines.length > 0 && (
            <tbody class="baselines">
              <tr class="group">
                <th colSpan={COLUMNS} scope="rowgroup">
                  Baselines: what a network has to beat
                </th>
              </tr>
              {baselines.map((row) => (
                <Row key={row.contender.name} row={row} {...shared} />
              ))}
            </tbody>
          )}
        </table>
      </div>
    </Panel>
  );
}

function subtitle(verdict: Verdict, areUneven: boolean): string {
  if (verdict.round === 0) return "One run each so far, so there is no interval yet";
  const rounds = counted(verdict.round, "round") + (verdict.is_final ? "" : " so far");
  const pairs = areUneven ? "; pairs are compared on the repeats that both have" : "";
  return `Trained again with new seeds and other splits of the learning rows, ${rounds}${pairs}`;
}

function Head({ metric, scale, level }: { metric: Metric; scale: Scale; level: number | null }) {
  const name = metricLabel(metric);
  return (
    <thead>
      <tr>
        <th scope="col">Design</th>
        <th scope="col" class="num">
          Parameters
        </th>
        <th scope="col" class="num">
          Mean {name}
        </th>
        <th scope="col" class="whisker-cell">
          <span class="visually-hidden">Mean with its interval, drawn</span>
          <WhiskerAxis
            values={ticks(scale, 4)}
            scale={scale}
            format={(value) => axisText(value, metric)}
          />
        </th>
        <th scope="col" class="num">
          Against the best, {differenceUnit(metric)}
          {isLoss(metric) && " (+ is better)"}
        </th>
        <th scope="col" class="num" title="On the search's own validation rows, which flatter">
          Validation
        </th>
        <th scope="col" class="num" title="On the test rows, touched once">
          Test
        </th>
      </tr>
      {level !== null && (
        <tr class="visually-hidden">
          <th colSpan={COLUMNS}>
            Intervals of {metricName(metric)} are of {levelWords(level)}
          </th>
        </tr>
      )}
    </thead>
  );
}

interface RowProps {
  row: Finalist;
  metric: Metric;
  scale: Scale;
  reference: number | null;
  /** Means of unequal numbers of repeats don't rank designs; the pairs, on common ones, do. */
  showsRepeats: boolean;
}

function Row({ row, metric, scale, reference, showsRepeats }: RowProps) {
  const { contender } = row;
  const test = contender.score_test;
  return (
    <tr class={row.isWinner ? "first" : undefined} data-contender={contender.name}>
      <th scope="row">
        <Name row={row} />
      </th>
      <td class="num">{contender.baseline ? "–" : compact(contender.n_params)}</td>
      <td class="num">
        <strong>{score(contender.mean, metric)}</strong>
        <Between interval={contender.interval} metric={metric} />
        {showsRepeats && <span class="between">{counted(contender.repeats, "repeat")}</span>}
      </td>
      <td class="whisker-cell">
        <Whisker mark={markOf(row)} scale={scale} tone={toneOf(row)} reference={reference} />
      </td>
      <td class="num">
        <AgainstCell against={row.against} metric={metric} />
      </td>
      <td class="num">{score(contender.score_val, metric)}</td>
      <td class="num">
        {test === null ? <span class="muted">–</span> : <strong>{score(test, metric)}</strong>}
        <Between interval={contender.test_interval} metric={metric} />
      </td>
    </tr>
  );
}

function Name({ row }: { row: Finalist }) {
  const { contender } = row;
  const about = contender.baseline
    ? BASELINE_WORDS[contender.baseline]
    : contender.design && designSummary(contender.design);
  return (
    <span class="finalist-name">
      {contender.design ? <LayerGlyph hidden={contender.design.hidden} /> : <Icon name="minus" />}
      <span>
        <span class="name-line">
          <strong>{contender.name}</strong>
          {row.isWinner && <Chip tone="good">best</Chip>}
          {row.isSmallest && <Chip tone="accent">smallest good</Chip>}
          {row.isOpen && !row.isWinner && <Chip>still open</Chip>}
        </span>
        {about && <span class="about">{about}</span>}
      </span>
    </span>
  );
}

function Between({ interval, metric }: { interval: Against["interval"]; metric: Metric }) {
  if (!interval) return null;
  return (
    <span class="between">
      {score(interval.low, metric, 1)} to {score(interval.high, metric, 1)}
    </span>
  );
}

const RELATION_WORDS: Record<Against["relation"], string> = {
  beats: "better",
  loses: "worse",
  undecided: "can’t tell",
};

function AgainstCell({ against, metric }: { against: Against | null; metric: Metric }) {
  if (!against) return <span class="muted">–</span>;
  return (
    <span title={against.sentence}>
      <span class={`relation ${against.relation}`}>{RELATION_WORDS[against.relation]}</span>{" "}
      {signed(against.difference, metric)}
      {against.interval && (
        <span class="between">
          {signed(against.interval.low, metric)} to {signed(against.interval.high, metric)}
        </span>
      )}
    </span>
  );
}

function toneOf(row: Finalist): MarkTone {
  if (row.isWinner) return "first";
  return row.contender.baseline ? "baseline" : "plain";
}
