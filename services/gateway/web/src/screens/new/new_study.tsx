/** A new study in four steps, each with its own address. */

import { useEffect } from "preact/hooks";
import { getDataset, getStudy, listPresets } from "../../api/client";
import type { Dataset, Preset, Study } from "../../api/types";
import { navigate, newStepAddress } from "../../router";
import type { NewStep } from "../../router";
import { useResource } from "../../state/resource";
import { ProblemNote, Skeleton } from "../../ui/blank";
import { useTitle } from "../../ui/hooks";
import { Steps } from "./steps";
import { upload } from "./upload";
import { UploadStep } from "./upload_step";
import { Wizard } from "./wizard";

interface NewStudyProps {
  step: NewStep;
  datasetId: string | null;
  /** The study whose choices this one starts with. */
  from: string | null;
}

export function NewStudy({ step, datasetId, from }: NewStudyProps) {
  if (datasetId !== null) {
    const key = `${datasetId} ${from ?? ""}`;
    return <KnownTable key={key} step={step} datasetId={datasetId} from={from} />;
  }
  if (from !== null) return <TableOfStudy from={from} />;
  return (
    <>
      <Steps step="upload" address={{}} notes={{}} known={false} />
      <UploadStep dataset={null} from={null} />
    </>
  );
}

/** A link that names only the study leads to its table. */
function TableOfStudy({ from }: { from: string }) {
  const study = useResource(() => getStudy(from), [from]);
  const dataset = study.value?.dataset_id;
  useEffect(() => {
    if (dataset) navigate(newStepAddress("search", { dataset, from }), { replace: true });
  }, [dataset, from]);
  if (study.error !== null) return <NotFound error={study.error} onRetry={study.reload} />;
  return <Skeleton label="Loading the study" />;
}

export interface Known {
  dataset: Dataset;
  presets: readonly Preset[];
  source: Study | null;
}

async function fetchKnown(datasetId: string, from: string | null): Promise<Known> {
  const uploaded = upload.peek()?.dataset;
  const isHere = uploaded?.dataset_id === datasetId;
  const [dataset, source] = await Promise.all([
    isHere ? uploaded : getDataset(datasetId),
    from === null ? null : getStudy(from),
  ]);
  return { dataset, source, presets: await listPresets(dataset.rows) };
}

interface KnownTableProps extends NewStudyProps {
  datasetId: string;
}

function KnownTable({ step, datasetId, from }: KnownTableProps) {
  const known = useResource(() => fetchKnown(datasetId, from), [datasetId, from]);
  if (known.value === null && known.error !== null) {
    return <NotFound error={known.error} onRetry={known.reload} />;
  }
  if (known.value === null) return <Skeleton lines={8} label="Loading the table" />;
  return <Wizard step={step} known={known.value} from={from} />;
}

function NotFound({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  useTitle("New study");
  return (
    <div class="stack">
      <h1>New study</h1>
      <ProblemNote error={error} onRetry={onRetry} />
      <p>
        <a href={newStepAddress("upload")}>Start with another table</a>
      </p>
    </div>
  );
}
