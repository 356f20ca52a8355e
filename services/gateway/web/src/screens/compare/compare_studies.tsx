/** Studies side by side: what was asked for differently, and what came of it. */

import { getStudy } from "../../api/client";
import type { Study } from "../../api/types";
import { sentence } from "../../format/design_words";
import { metricName, score } from "../../format/metric";
import { count } from "../../format/numbers";
import { duration } from "../../format/time";
import { designSummary, STUDY_STATE_WORDS } from "../../format/words";
import { studyAddress } from "../../router";
import { designsDone } from "../../state/progress";
import { useResource } from "../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { Icon } from "../../ui/icons";
import { useTitle } from "../../ui/hooks";
import { Boundary, Panel } from "../../ui/panel";
import { RacesPanel } from "./races_panel";
import { askedDifferently } from "./study_differences";

export function CompareStudies({ studyIds }: { studyIds: readonly string[] }) {
  useTitle("Compare studies");
  const found = useResource(() => Promise.all(studyIds.map(getStudy)), [studyIds.join()]);
  if (studyIds.length < 2) {
    return (
      <Blank page icon="compare" title="Nothing to compare" text="Pick two studies or more.">
        <a class="btn btn-primary" href="/">
          To the studies
        </a>
      </Blank>
    );
  }
  return (
    <div class="stack loose">
      <div class="page-head">
        <h1>Compare studies</h1>
      </div>
      {found.error !== null && <ProblemNote error={found.error} onRetry={found.reload} />}
      {found.error === null && found.value === null && (
        <Skeleton lines={8} label="Loading the studies" />
      )}
      {found.value !== null && <Compared studies={found.value} />}
    </div>
  );
}

function Compared({ studies }: { studies: readonly Study[] }) {
  const metrics = new Set(studies.map(({ metric }) => metric));
  const questions = new Set(studies.map(({ dataset_id, target }) => `${dataset_id} ${target}`));
  return (
    <>
      {metrics.size > 1 && (
        <div class="note tone-warn">
          <Icon name="warning" />
          <p>They are judged by different metrics, so their scores can’t be compared.</p>
        </div>
      )}
      {metrics.size === 1 && questions.size > 1 && (
        <div class="note tone-idle">
          <Icon name="info" />
          <p>They answer different questions: a higher score is not a better design here.</p>
        </div>
      )}
      <Panel title="What came of them" flush>
        <Table studies={studies} rows={outcomes(studies)} />
      </Panel>
      {metrics.size === 1 && (
        <Boundary>
          <RacesPanel studies={studies} />
        </Boundary>
      )}
      <Panel title="What was asked for" subtitle="Only what differs" flush>
        <Table studies={studies} rows={askedDifferently(studies)} />
      </Panel>
    </>
  );
}

type Row = [string, string[]];

function outcomes(studies: readonly Study[]): Row[] {
  return [
    ["State", studies.map(({ state }) => STUDY_STATE_WORDS[state])],
    ["Verdict", studies.map((each) => each.verdict_headline ? sentence(each.verdict_headline) : "–")],
    ["Best validation score", studies.map(bestWords)],
    ["Best design", studies.map(({ best }) => (best ? designSummary(best.design) : "–"))],
    ["Designs done", studies.map((each) => count(designsDone(each)))],
    ["Took", studies.map(({ progress }) => duration(progress.elapsed_seconds))],
  ];
}

function bestWords({ best, metric }: Study): string {
  return best ? `${metricName(metric)} ${score(best.score_val, metric)}` : "–";
}

function Table({ studies, rows }: { studies: readonly Study[]; rows: readonly Row[] }) {
  if (rows.length === 0) return <p class="muted table-foot">They were asked for alike.</p>;
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={rows.map(([r]) => r).join(", ")}>
      <table class="grid compare">
        <thead>
          <tr>
            <td />
            {studies.map((study) => (
              <th key={study.study_id} scope="col">
                <a href={studyAddress(study.study_id)}>{study.name}</a>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, cells]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
