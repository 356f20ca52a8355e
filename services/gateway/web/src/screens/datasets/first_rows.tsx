/** A table's first rows, as its cells were read. */

import { listRows } from "../../api/datasets";
import type { Dataset } from "../../api/types";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { PreviewTable } from "../new/preview_table";
import { upload } from "../new/upload";

/** Of a file that was just uploaded this page knows them already. */
export function FirstRows({ dataset }: { dataset: Dataset }) {
  const uploaded = upload.value;
  const isHere = uploaded?.dataset?.dataset_id === dataset.dataset_id;
  if (isHere && uploaded.preview) return <PreviewTable preview={uploaded.preview} />;
  return <StoredRows datasetId={dataset.dataset_id} />;
}

function StoredRows({ datasetId }: { datasetId: string }) {
  const rows = useResource(() => listRows(datasetId), [datasetId]);
  if (rows.error !== null) return <ProblemNote error={rows.error} onRetry={rows.reload} />;
  if (rows.value === null) return <Skeleton lines={6} label="Loading the first rows" />;
  const { columns, rows: shown, total_size: total } = rows.value;
  return <PreviewTable preview={{ header: columns, rows: shown, total }} />;
}
