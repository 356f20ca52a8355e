/** From a file to a started study, on one page that grows with what is known. */

import { useCallback, useEffect } from "preact/hooks";
import { DropArea } from "../../ui/drop_area";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { useTitle } from "../../ui/hooks";
import { getDataset } from "../../api/client";
import { useResource } from "../../state/resource";
import { handedOver } from "../../state/handover";
import { FilePanel } from "./file_panel";
import { Samples } from "../home/samples";
import { StudyForm } from "./study_form";
import { beginUpload, forgetUpload, upload } from "./upload";
import type { UploadState } from "./upload";

export function NewStudy({ datasetId }: { datasetId: string | null }) {
  useTitle("New study");
  const onFile = useCallback((file: File) => void beginUpload(file), []);
  const file = handedOver.value;
  useEffect(() => {
    if (datasetId === null && handedOver.value === null) forgetUpload();
  }, [datasetId]);
  useEffect(() => {
    if (file === null) return;
    handedOver.value = null;
    onFile(file);
  }, [file, onFile]);
  const current = isFor(upload.value, datasetId) ? upload.value : null;
  const dataset = current?.dataset ?? null;
  return (
    <>
      <h1>New study</h1>
      {current === null && datasetId === null && <Start onFile={onFile} />}
      {current !== null && dataset === null && (
        <div class="stack loose below-title">
          <FilePanel upload={current} />
        </div>
      )}
      {dataset !== null && (
        <StudyForm key={dataset.dataset_id} dataset={dataset} preview={current?.preview ?? null} />
      )}
      {current === null && datasetId !== null && <Known datasetId={datasetId} />}
    </>
  );
}

/** The address wins: Back and Forward can lead to another table than the last one uploaded. */
function isFor(state: UploadState | null, datasetId: string | null): boolean {
  return datasetId === null || state?.dataset?.dataset_id === datasetId;
}

function Start({ onFile }: { onFile: (file: File) => void }) {
  return (
    <div class="stack below-title">
      <DropArea onFile={onFile} />
      <section aria-labelledby="samples">
        <h2 class="section-title" id="samples">
          No table at hand? Take one of these
        </h2>
        <Samples />
      </section>
    </div>
  );
}

/** After a reload: the table is on the server, and the draft in this tab. */
function Known({ datasetId }: { datasetId: string }) {
  const dataset = useResource(() => getDataset(datasetId), [datasetId]);
  if (dataset.error !== null) {
    return (
      <div class="stack below-title">
        <ProblemNote error={dataset.error} onRetry={dataset.reload} />
        <p>
          <a href="/new">Start with another table</a>
        </p>
      </div>
    );
  }
  if (dataset.value === null) return <Skeleton label="Loading the table" />;
  return <StudyForm dataset={dataset.value} preview={null} />;
}
