/** Step 1: a file that is dropped, pasted or chosen; a table of before; or a sample. */

import { useCallback, useEffect } from "preact/hooks";
import { listDatasets } from "../../api/client";
import type { Dataset } from "../../api/types";
import { bytes, counted } from "../../format/numbers";
import { ago } from "../../format/time";
import { datasetAddress, newStepAddress } from "../../router";
import { handedOver } from "../../state/handover";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { DropArea } from "../../ui/drop_area";
import { useTitle } from "../../ui/hooks";
import { Icon } from "../../ui/icons";
import { Samples } from "../home/samples";
import { FilePanel } from "./file_panel";
import { beginUpload, forgetUpload, upload } from "./upload";

interface UploadStepProps {
  /** The table that was chosen before one came back to this step. */
  dataset: Dataset | null;
  from: string | null;
}

export function UploadStep({ dataset, from }: UploadStepProps) {
  useTitle("Upload · New study");
  const onFile = useCallback((file: File) => void beginUpload(file), []);
  useHandedOver(onFile);
  const current = upload.value;
  const isUnderWay = current !== null && current.dataset === null;
  return (
    <div class="stack loose">
      {dataset === null && <h1>Choose a table</h1>}
      {dataset !== null && !isUnderWay && <Chosen dataset={dataset} from={from} />}
      {isUnderWay ? (
        <FilePanel upload={current} />
      ) : (
        <>
          <DropArea onFile={onFile} compact={dataset !== null} />
          <section aria-labelledby="samples">
            <h2 class="section-title" id="samples">
              No table at hand? Take one of these
            </h2>
            <Samples />
          </section>
          <UploadedTables />
        </>
      )}
    </div>
  );
}

/** The file that was let go on another screen; what was uploaded before it is history. */
function useHandedOver(onFile: (file: File) => void): void {
  const file = handedOver.value;
  useEffect(() => {
    if (handedOver.peek() === null && upload.peek()?.error) forgetUpload();
  }, []);
  useEffect(() => {
    if (file === null) return;
    handedOver.value = null;
    onFile(file);
  }, [file, onFile]);
}

function Chosen({ dataset, from }: { dataset: Dataset; from: string | null }) {
  const next = newStepAddress("columns", { dataset: dataset.dataset_id, from });
  return (
    <section class="panel" aria-label="The table">
      <div class="panel-body">
        <div class="file-line">
          <span class="icon">
            <Icon name="table" />
          </span>
          <div class="what">
            <strong class="truncate">{dataset.name}</strong>
            <span class="muted small">{sizeWords(dataset)}</span>
          </div>
          <a class="btn btn-primary" href={next}>
            Use this table
          </a>
        </div>
      </div>
    </section>
  );
}

export function sizeWords(dataset: Dataset): string {
  const columns = counted(dataset.columns.length, "column");
  return `${counted(dataset.rows, "row")} × ${columns} · ${bytes(dataset.size_bytes)}`;
}

const SHOWN_TABLES = 6;

function UploadedTables() {
  const datasets = useResource(listDatasets, []);
  if (datasets.error !== null) {
    return <ProblemNote error={datasets.error} onRetry={datasets.reload} />;
  }
  if (datasets.value === null) return <Skeleton lines={2} label="Loading the tables" />;
  if (datasets.value.length === 0) return null;
  const shown = datasets.value.slice(0, SHOWN_TABLES);
  return (
    <section aria-labelledby="uploaded">
      <h2 class="section-title" id="uploaded">
        Or a table that is here already
      </h2>
      <ul class="table-list panel">
        {shown.map((each) => (
          <li key={each.dataset_id}>
            <a href={newStepAddress("columns", { dataset: each.dataset_id })}>
              <strong class="truncate">{each.name}</strong>
              <span class="muted small">{sizeWords(each)}</span>
              <span class="muted small">{ago(each.created_at, Date.now())}</span>
            </a>
            <a class="small" href={datasetAddress(each.dataset_id)}>
              About<span class="visually-hidden"> {each.name}</span>
            </a>
          </li>
        ))}
      </ul>
      <p class="small muted">
        {shown.length} of {counted(datasets.value.length, "table")} ·{" "}
        <a href="/datasets">All datasets</a>
      </p>
    </section>
  );
}
