/** What the study says: a headline in words, the sentences below it, and how far they reach. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { Contender, Verdict } from "../../../api/verdict";
import { sentence, unbroken } from "../../../format/design_words";
import { metricName, score } from "../../../format/metric";
import { compact, counted, levelWords } from "../../../format/numbers";
import { isEndedStudy } from "../../../format/words";
import type { StudyView } from "../../../state/fold";
import { phaseWords } from "../../../state/phases";
import { ProblemNote } from "../../../ui/blank";
import { Icon } from "../../../ui/icons";
import type { IconName, Tone } from "../../../ui/icons";
import { mainSentences, parameterRatio } from "./finalists";

interface VerdictPanelProps {
  view: StudyView;
  error: unknown;
  onRetry: () => void;
}

export function VerdictPanel({ view, error, onRetry }: VerdictPanelProps) {
  const { verdict } = view;
  return (
    <section class={`panel verdict ${look(view)}`} aria-label="Verdict">
      {verdict ? (
        <Said verdict={verdict} />
      ) : error !== null ? (
        <ProblemNote error={error} onRetry={onRetry} />
      ) : (
        <NothingYet view={view} />
      )}
    </section>
  );
}

function look({ verdict }: StudyView): string {
  if (!verdict) return "waiting";
  return verdict.is_final ? `final outcome-${verdict.outcome}` : "interim";
}

function NothingYet({ view }: { view: StudyView }) {
  if (isEndedStudy(view.study.state)) {
    return (
      <div class="verdict-none">
        <h2>No verdict</h2>
        <p>The study ended before its best designs could be compared.</p>
      </div>
    );
  }
  const phase = phaseWords(view);
  return (
    <div class="verdict-none" data-testid="no-verdict">
      <h2>No verdict yet</h2>
      <p>
        {phase && <strong>{phase} now. </strong>}A ranking of single runs would be partly
        luck. After the search the best designs are trained again on other splits with other seeds,
        beside simple baselines, until it is clear which of them is better.
      </p>
    </div>
  );
}

function Said({ verdict }: { verdict: Verdict }) {
  return (
    <>
      <div class="verdict-head">
        <div>
          <Eyebrow verdict={verdict} />
          <h2 class="headline" data-testid="verdict-headline">
            {sentence(verdict.headline)}
          </h2>
        </div>
        <Figures verdict={verdict} />
      </div>
      <Sentences verdict={verdict} />
      <Limits limits={verdict.limits} />
    </>
  );
}

const OUTCOME_LOOKS: Record<Verdict["outcome"], [Tone, IconName, string]> = {
  winner: ["good", "trophy", "One design wins"],
  tie: ["accent", "minus", "No single winner"],
  no_better_than_baseline: ["warn", "warning", "No network is needed"],
  none: ["bad", "cross", "Nothing to judge"],
};

function Eyebrow({ verdict }: { verdict: Verdict }) {
  const [tone, icon, words] = OUTCOME_LOOKS[verdict.outcome];
  const rounds = counted(verdict.round, "round");
  return (
    <p class="verdict-eyebrow">
      <span class={`badge-state tone-${verdict.is_final ? tone : "accent"}`}>
        <Icon name={verdict.is_final ? icon : "clock"} />
        {verdict.is_final ? words : "So far"}
      </span>
      <span class="muted small" data-testid="verdict-basis">
        {verdict.is_final ? "Final verdict" : "May change"},{" "}
        {verdict.round === 0
          ? "based on the search alone"
          : `based on ${rounds} of the finals`}
      </span>
    </p>
  );
}

/** The two numbers that a reader takes away. */
function Figures({ verdict }: { verdict: Verdict }) {
  const winner = verdict.contenders.find((each) => each.name === verdict.winner);
  const smallest = verdict.contenders.find((each) => each.name === verdict.smallest);
  if (!winner) return null;
  return (
    <dl class="figures">
      <TestFigure winner={winner} verdict={verdict} />
      {smallest && verdict.round > 0 && (
        <Figure
          term="Smallest good design"
          value={unbroken(smallest.name)}
          about={smallestWords(verdict, smallest)}
        />
      )}
    </dl>
  );
}

function TestFigure({ winner, verdict }: { winner: Contender; verdict: Verdict }) {
  const { metric } = verdict;
  if (winner.score_test !== null) {
    return (
      <Figure
        term={`Test ${metricName(metric)}`}
        value={<span data-testid="test-score">{score(winner.score_test, metric)}</span>}
        about={intervalWords(winner.test_interval, metric, "touched once")}
      />
    );
  }
  if (winner.mean === null) return null;
  return (
    <Figure
      term={`Mean ${metricName(metric)}`}
      value={score(winner.mean, metric)}
      about={intervalWords(winner.interval, metric, counted(winner.repeats, "repeat"))}
    />
  );
}

function Figure(props: { term: string; value: ComponentChildren; about: string }) {
  return (
    <div>
      <dt>{props.term}</dt>
      <dd class="value">{props.value}</dd>
      <dd class="about">{props.about}</dd>
    </div>
  );
}

function intervalWords(
  interval: Contender["interval"],
  metric: Verdict["metric"],
  rest: string,
): string {
  if (!interval) return rest;
  const ends = `${score(interval.low, metric, 1)} to ${score(interval.high, metric, 1)}`;
  return `${ends} (${levelWords(interval.level)}), ${rest}`;
}

function smallestWords(verdict: Verdict, smallest: Contender): string {
  const size = `${compact(smallest.n_params)} parameters`;
  if (verdict.smallest === verdict.winner) return `the best itself, ${size}`;
  const ratio = parameterRatio(verdict);
  if (ratio === null) return size;
  return `${size}, ${ratio >= 3 ? ratio.toFixed(0) : ratio.toFixed(1)}× fewer`;
}

const SHOWN = 6;

function Sentences({ verdict }: { verdict: Verdict }) {
  const [all, setAll] = useState(false);
  const sentences = mainSentences(verdict);
  const shown = all ? sentences : sentences.slice(0, SHOWN);
  if (sentences.length === 0) return null;
  return (
    <>
      <ul class="sentences">
        {shown.map((each) => (
          <li key={each}>{sentence(each)}</li>
        ))}
      </ul>
      {sentences.length > SHOWN && (
        <button
          type="button"
          class="link-button small"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? "Fewer sentences" : `${sentences.length - SHOWN} more`}
        </button>
      )}
    </>
  );
}

function Limits({ limits }: { limits: readonly string[] }) {
  if (limits.length === 0) return null;
  return (
    <div class="limits">
      <strong>What it can’t say</strong>
      <ul>
        {limits.map((each) => (
          <li key={each}>{sentence(each)}</li>
        ))}
      </ul>
    </div>
  );
}
