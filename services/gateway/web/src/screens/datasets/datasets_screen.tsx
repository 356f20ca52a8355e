/** Every uploaded table: its size, when it came, and what was made of it. */

import { useState } from "preact/hooks";
import { listAllStudies, listDatasets } from "../../api/client";
import type { Dataset, Study } from "../../api/types";
import { bytes, count, counted } from "../../format/numbers";
import { ago } from "../../format/time";
import { datasetAddress, newStepAddress, query, setQuery } from "../../router";
import { useResource } from "../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { useTitle } from "../../ui/hooks";
import { Icon } from "../../ui/icons";

export function DatasetsScreen() {
  useTitle("Datasets");
  const datasets = useResource(listDatasets, []);
  const studies = useResource(listAllStudies, []);
  return (
    <div class="stack">
      <div class="row between">
        <h1>Datasets</h1>
        <a class="btn btn-quiet" href={newStepAddress("upload")}>
          <Icon name="upload" />
          Upload a table
        </a>
      </div>
      {datasets.error !== null && (
        <ProblemNote error={datasets.error} onRetry={datasets.reload} />
      )}
      {datasets.value === null && datasets.error === null && (
        <Skeleton lines={6} label="Loading the datasets" />
      )}
      {datasets.value !== null &&
        (datasets.value.length === 0 ? (
          <NoDatasets />
        ) : (
          <DatasetTable datasets={datasets.value} studies={studies.value} />
        ))}
    </div>
  );
}

function NoDatasets() {
  return (
    <Blank icon="table" title="No table yet" text="What is uploaded is listed here.">
      <a class="btn btn-primary" href={newStepAddress("upload")}>
        Upload a table
      </a>
    </Blank>
  );
}

interface DatasetTableProps {
  datasets: readonly Dataset[];
  /** Null while they aren't known. */
  studies: readonly Study[] | null;
}

const FIRST = 100;

function DatasetTable({ datasets, studies }: DatasetTableProps) {
  const [most, setMost] = useState(FIRST);
  const asked = query.value.get("query") ?? "";
  const part = asked.trim().toLowerCase();
  const found = datasets.filter((each) => each.name.toLowerCase().includes(part));
  const shown = found.slice(0, most);
  const madeOf = countByDataset(studies);
  return (
    <section class="panel" aria-label="Datasets">
      <div class="column-tools">
        <input
          type="search"
          class="form-control"
          placeholder="Find a table"
          aria-label="Find a table by its name"
          value={asked}
          onInput={(event) =>
            setQuery({ query: event.currentTarget.value || null }, { replace: true })
          }
        />
      </div>
      <div class="table-frame" tabIndex={0} role="region" aria-label="List of datasets">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" class="num">
                Rows
              </th>
              <th scope="col" class="num">
                Columns
              </th>
              <th scope="col" class="num">
                Size
              </th>
              <th scope="col">Uploaded</th>
              <th scope="col" class="num">
                Studies
              </th>
              <th scope="col">
                <span class="visually-hidden">New study</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => (
              <DatasetRow
                key={each.dataset_id}
                dataset={each}
                studies={studies && (madeOf.get(each.dataset_id) ?? 0)}
              />
            ))}
          </tbody>
        </table>
        {found.length === 0 && <p class="no-match muted small">No table has a name like that.</p>}
      </div>
      <div class="table-foot">
        <span role="status">
          {count(shown.length)} of {counted(datasets.length, "table")}
        </span>
        {shown.length < found.length && (
          <button type="button" class="link-button" onClick={() => setMost(most + FIRST)}>
            Show more
          </button>
        )}
      </div>
    </section>
  );
}

function DatasetRow({ dataset, studies }: { dataset: Dataset; studies: number | null }) {
  return (
    <tr>
      <th scope="row" class="dataset-name">
        <a href={datasetAddress(dataset.dataset_id)}>{dataset.name}</a>
      </th>
      <td class="num">{count(dataset.rows)}</td>
      <td class="num">{count(dataset.columns.length)}</td>
      <td class="num">{bytes(dataset.size_bytes)}</td>
      <td>
        <time dateTime={dataset.created_at}>{ago(dataset.created_at, Date.now())}</time>
      </td>
      <td class="num">{studies === null ? "–" : count(studies)}</td>
      <td>
        <a href={newStepAddress("columns", { dataset: dataset.dataset_id })}>
          New study<span class="visually-hidden"> with {dataset.name}</span>
        </a>
      </td>
    </tr>
  );
}

function countByDataset(studies: readonly Study[] | null): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { dataset_id: id } of studies ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
