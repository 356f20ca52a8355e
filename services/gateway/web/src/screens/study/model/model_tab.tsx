/** What one would take away from a study: its best networks, and where their weights are. */

import { metricLabel, score } from "../../../format/metric";
import { compact, count } from "../../../format/numbers";
import { designSummary, isEndedStudy, layers } from "../../../format/words";
import { trialAddress } from "../../../router";
import { selectionQuery } from "../../../state/selection";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { Blank } from "../../../ui/blank";
import { Panel } from "../../../ui/panel";
import { chosenOf, keptOf } from "./kept";
import type { Chosen } from "./kept";
import { NetworkDiagram } from "./network_diagram";
import { recipeWords } from "./recipe_words";

export function ModelTab({ view }: { view: StudyView }) {
  const chosen = chosenOf(view);
  if (chosen.length === 0) {
    return (
      <Panel title="Model">
        <NoModel view={view} />
      </Panel>
    );
  }
  return (
    <>
      {chosen.map((each) => (
        <ModelPanel key={each.trial.number} chosen={each} view={view} />
      ))}
      <KeptPanel view={view} />
    </>
  );
}

function NoModel({ view }: { view: StudyView }) {
  return isEndedStudy(view.study.state) ? (
    <Blank
      icon="search"
      title="There is no model"
      text="No design ended with a score. Activity says what happened to them."
    />
  ) : (
    <Blank
      icon="clock"
      title="No model yet"
      text="The first design that ends with a score appears here."
    />
  );
}

const TITLES: Record<Chosen["role"], [string, string]> = {
  winner: ["The winner", "The design that did best"],
  smallest: ["The smallest good design", "Nearly as good as the winner, with fewer parameters"],
  both: ["The winner", "The best design, and the smallest good one, too"],
  "best so far": ["Best so far", "The study goes on; this may change"],
};

function ModelPanel({ chosen: { trial, role }, view }: { chosen: Chosen; view: StudyView }) {
  const { study } = view;
  const [title, about] = TITLES[role];
  const label = metricLabel(study.metric);
  return (
    <Panel title={title} subtitle={about}>
      <div class="stack">
        <p class="model-name">
          <strong>{designSummary(trial.design)}</strong>{" "}
          <a href={trialAddress(study.study_id, trial.number, selectionQuery.value)}>
            trial {trial.number}
          </a>
        </p>
        <dl class="facts-grid">
          <Fact term={`Validation ${label}`} value={score(trial.score_val, study.metric)} />
          <Fact term={`Test ${label}`} value={score(trial.score_test, study.metric)} />
          <Fact term="Parameters" value={compact(trial.n_params)} />
          <Fact term="Weights" value={weightsWords(trial)} />
        </dl>
        <NetworkDiagram design={trial.design} task={study.task} />
        <h3>How rows are prepared for it</h3>
        <ol class="recipe-steps">
          {recipeWords(trial.design, study).map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </div>
    </Panel>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function weightsWords(trial: LiveTrial): string {
  return trial.has_model ? "kept by the server" : "not kept";
}

const MOST_KEPT = 20;

function KeptPanel({ view }: { view: StudyView }) {
  const { study } = view;
  const kept = keptOf(view);
  const shown = kept.slice(0, MOST_KEPT);
  const subtitle =
    kept.length > shown.length
      ? `${count(shown.length)} of ${count(kept.length)}, the best ones`
      : "Of the best epoch of each, in the server's data folder or database";
  return (
    <Panel title="Kept weights" subtitle={subtitle} flush>
      {kept.length === 0 ? (
        <Blank
          icon="info"
          title="No weights are kept"
          text="A design can be trained again from its seed: see the receipt of its trial."
        />
      ) : (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Kept weights, table">
          <table class="grid">
            <thead>
              <tr>
                <th scope="col">Trial</th>
                <th scope="col">Layers</th>
                <th scope="col" class="num">
                  {metricLabel(study.metric)}
                </th>
                <th scope="col" class="num">
                  Parameters
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((trial) => (
                <tr key={trial.number}>
                  <th scope="row">
                    <a href={trialAddress(study.study_id, trial.number)}>{trial.number}</a>
                  </th>
                  <td>{layers(trial.design.hidden)}</td>
                  <td class="num">{score(trial.score_val, study.metric)}</td>
                  <td class="num">{compact(trial.n_params)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <p class="muted small table-foot">
        This version of LayerLab has no download of weights. A trial’s receipt has its design and
        seed, so that it can be trained again.
      </p>
    </Panel>
  );
}
