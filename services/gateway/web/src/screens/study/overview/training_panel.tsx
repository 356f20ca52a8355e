/** What is training now, a line a cohort. */

import { PURPOSE_WORDS } from "../../../format/design_words";
import { metricLabel, score } from "../../../format/metric";
import { counted } from "../../../format/numbers";
import { trialAddress } from "../../../router";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { Blank } from "../../../ui/blank";
import { Panel } from "../../../ui/panel";
import { crewsOf } from "./training";
import type { Crew } from "./training";

const MOST_CREWS = 8;
const MOST_LINKS = 4;

export function TrainingPanel({ view }: { view: StudyView }) {
  const { study } = view;
  const crews = crewsOf(view.trials.values(), study.metric);
  const designs = crews.reduce((sum, crew) => sum + crew.trials.length, 0);
  const shown = crews.slice(0, MOST_CREWS);
  const cut = crews.length > shown.length ? `, ${shown.length} of ${crews.length} cohorts` : "";
  return (
    <Panel title="Training now" subtitle={counted(designs, "design") + cut} flush>
      {crews.length === 0 ? (
        <Blank icon="clock" title="Nothing trains right now" text={WHY_NOTHING[study.state]} />
      ) : (
        <div class="table-frame" tabIndex={0} role="region" aria-label="Training now, table">
          <table class="grid training">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col">Designs</th>
                <th scope="col">For</th>
                <th scope="col" class="num">
                  Epoch
                </th>
                <th scope="col" class="num">
                  Best {metricLabel(study.metric)}
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((crew) => (
                <CrewRow key={crew.cohortId} crew={crew} view={view} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

const WHY_NOTHING: Partial<Record<StudyView["study"]["state"], string>> = {
  PENDING: "The study waits for the scheduler.",
  RUNNING: "The next designs are being chosen, or wait for a free worker.",
  SUSPENDED: "Resume the study to go on.",
  STOPPING: "The study is about to end.",
};

function CrewRow({ crew, view }: { crew: Crew; view: StudyView }) {
  const { study_id: id, metric } = view.study;
  const [first] = crew.trials;
  return (
    <tr>
      <th scope="row">{crew.workerId || "–"}</th>
      <td>
        <TrialLinks trials={crew.trials} studyId={id} />
      </td>
      <td>{first && PURPOSE_WORDS[first.purpose]}</td>
      <td class="num">{crew.epoch ?? "–"}</td>
      <td class="num">{score(crew.best, metric)}</td>
    </tr>
  );
}

function TrialLinks({ trials, studyId }: { trials: readonly LiveTrial[]; studyId: string }) {
  const shown = trials.slice(0, MOST_LINKS);
  const rest = trials.length - shown.length;
  return (
    <span class="trial-links">
      {shown.map(({ number }) => (
        <a key={number} href={trialAddress(studyId, number)} aria-label={`Trial ${number}`}>
          {number}
        </a>
      ))}
      {rest > 0 && <span class="muted">and {rest} more</span>}
    </span>
  );
}
