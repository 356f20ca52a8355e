/** From one click to a study that runs: a bundled table, a quick search, the rest as usual. */

import { createStudy, downloadSample, uploadDataset } from "../../api/client";
import type { Sample } from "../../api/types";
import { navigate, studyAddress } from "../../router";
import { newKey } from "../../state/key";

const DEMO_TRIALS = 48;

export async function startDemo(sample: Sample): Promise<void> {
  const file = await downloadSample(sample.name);
  const dataset = await uploadDataset(file, () => undefined).done;
  const study = await createStudy(
    {
      dataset_id: dataset.dataset_id,
      target: sample.target,
      preset: "quick",
      name: `${sample.title}: a demo`,
      budget: { max_trials: DEMO_TRIALS },
    },
    newKey(),
  );
  navigate(studyAddress(study.study_id));
}
