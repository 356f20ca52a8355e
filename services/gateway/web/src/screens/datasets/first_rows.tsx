/** A table's first rows, as they are in the file. */

import { getRows } from "../../api/client";
import type { Dataset } from "../../api/types";
import { PREVIEW_ROWS } from "../../csv/preview";
import type { Preview } from "../../csv/preview";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { PreviewTable } from "../new/preview_table";
import { upload } from "../new/upload";

export function FirstRows({ dataset }: { dataset: Dataset }) {
  const { dataset_id: id, rows } = dataset;
  const answer = useResource(() => firstRows(id, rows), [id, rows]);
  if (answer.error !== null) return <ProblemNote error={answer.error} onRetry={answer.reload} />;
  if (answer.value === null) return <Skeleton label="Loading the first rows" />;
  return <PreviewTable preview={answer.value} />;
}

/** Of a file that was just uploaded they are here already. */
async function firstRows(datasetId: string, rows: number): Promise<Preview> {
  const uploaded = upload.peek();
  if (uploaded?.dataset?.dataset_id === datasetId && uploaded.preview) return uploaded.preview;
  const answer = await getRows(datasetId, PREVIEW_ROWS);
  return { header: answer.columns, rows: answer.rows, more: answer.rows.length < rows };
}
