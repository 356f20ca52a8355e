/** A table's first rows, as they are in the file. */

import type { Dataset } from "../../api/types";
import { Blank } from "../../ui/blank";
import { PreviewTable } from "../new/preview_table";
import { upload } from "../new/upload";

/** Of a file that was just uploaded; the server tells no rows. */
export function FirstRows({ dataset }: { dataset: Dataset }) {
  const uploaded = upload.value;
  const isHere = uploaded?.dataset?.dataset_id === dataset.dataset_id;
  if (isHere && uploaded.preview) return <PreviewTable preview={uploaded.preview} />;
  return (
    <Blank
      icon="table"
      title="Its rows aren’t here any more"
      text="They are shown of a file that was just uploaded."
    />
  );
}
