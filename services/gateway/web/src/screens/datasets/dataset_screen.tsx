/** One table: what the server found in it, and the studies made of it. */

import { getDataset, listAllStudies } from "../../api/client";
import type { Column, Dataset, Study } from "../../api/types";
import { metricName, score } from "../../format/metric";
import { bytes, count, counted, percent } from "../../format/numbers";
import { ago } from "../../format/time";
import { newStepAddress, studyAddress } from "../../router";
import { freshDraft } from "../../state/draft";
import { useResource } from "../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { useTitle } from "../../ui/hooks";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { StudyBadge } from "../../ui/state_badge";
import { FirstRows } from "./first_rows";
import { TableNotes } from "../new/columns_step";
import { ColumnsTable } from "../new/columns_table";

export function DatasetScreen({ datasetId }: { datasetId: string }) {
  const dataset = useResource(() => getDataset(datasetId), [datasetId]);
  useTitle(dataset.value?.name ?? "Dataset");
  if (dataset.value === null && dataset.error !== null) {
    return (
      <div class="stack">
        <h1>Dataset</h1>
        <ProblemNote error={dataset.error} onRetry={dataset.reload} />
        <p>
          <a href="/datasets">All datasets</a>
        </p>
      </div>
    );
  }
  if (dataset.value === null) return <Skeleton lines={8} label="Loading the dataset" />;
  return <About dataset={dataset.value} />;
}

function About({ dataset }: { dataset: Dataset }) {
  return (
    <div class="stack loose">
      <div>
        <p class="crumbs small">
          <a href="/datasets">Datasets</a>
        </p>
        <div class="row between">
          <h1 class="dataset-title">{dataset.name}</h1>
          <a
            class="btn btn-primary"
            href={newStepAddress("columns", { dataset: dataset.dataset_id })}
          >
            <Icon name="plus" />
            New study with it
          </a>
        </div>
        <Facts dataset={dataset} />
      </div>
      <TableNotes dataset={dataset} />
      <Panel
        title="Columns"
        subtitle="As inferred over every row; each study can correct them"
        flush
      >
        <ColumnsTable dataset={dataset} draft={freshDraft(dataset)} />
      </Panel>
      <Panel title="First rows" subtitle="Cells as they were read; long ones are cut" flush>
        <FirstRows dataset={dataset} />
      </Panel>
      <Panel title="Studies" subtitle="Made of this table" flush>
        <StudiesOf dataset={dataset} />
      </Panel>
    </div>
  );
}

function Facts({ dataset }: { dataset: Dataset }) {
  const cells = dataset.rows * dataset.columns.length;
  const missing = dataset.columns.reduce((sum: number, each: Column) => sum + each.missing, 0);
  const facts: [string, string][] = [
    ["Rows", count(dataset.rows)],
    ["Columns", count(dataset.columns.length)],
    ["Size", bytes(dataset.size_bytes)],
    ["Cells missing", missing === 0 ? "none" : percent(missing, cells)],
    ["Suggested target", dataset.suggested_target || "none"],
    ["Written in", `${dataset.encoding}, ${delimiterWords(dataset.delimiter)}`],
    ["Uploaded", ago(dataset.created_at, Date.now())],
  ];
  return (
    <>
      <dl class="facts-line">
        {facts.map(([term, words]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <p class="small muted dataset-id">
        Id, by which the command line and Python know it: <code>{dataset.dataset_id}</code>
      </p>
    </>
  );
}

function delimiterWords(delimiter: string): string {
  const words: Record<string, string> = { ",": "commas", ";": "semicolons", "\t": "tabs" };
  return words[delimiter] ?? `split by ${delimiter}`;
}

function StudiesOf({ dataset }: { dataset: Dataset }) {
  const { dataset_id: id } = dataset;
  const studies = useResource(listAllStudies, [id]);
  if (studies.error !== null) {
    return <ProblemNote error={studies.error} onRetry={studies.reload} />;
  }
  if (studies.value === null) return <Skeleton lines={3} label="Loading the studies" />;
  const made = studies.value.filter((each) => each.dataset_id === id);
  if (made.length === 0) {
    return (
      <Blank
        icon="chart"
        title="No study of it yet"
        text={`${counted(dataset.rows, "row")} wait to be learned from.`}
      />
    );
  }
  return <StudyTable studies={made} />;
}

function StudyTable({ studies }: { studies: readonly Study[] }) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Studies of this table">
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">Study</th>
            <th scope="col">State</th>
            <th scope="col">Predicts</th>
            <th scope="col" class="num">
              Best
            </th>
            <th scope="col">Started</th>
            <th scope="col">
              <span class="visually-hidden">Again</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {studies.map((each) => (
            <tr key={each.study_id}>
              <th scope="row" class="dataset-name">
                <a href={studyAddress(each.study_id)}>{each.name}</a>
              </th>
              <td>
                <StudyBadge state={each.state} />
              </td>
              <td>{each.target}</td>
              <td class="num">
                {metricName(each.metric)} {score(each.best?.score_val, each.metric)}
              </td>
              <td>{ago(each.created_at, Date.now())}</td>
              <td>
                <a href={cloneAddress(each)}>
                  Clone<span class="visually-hidden"> {each.name}</span>
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cloneAddress({ dataset_id: dataset, study_id: from }: Study): string {
  return newStepAddress("search", { dataset, from });
}
