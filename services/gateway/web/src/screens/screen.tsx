/** Which screen stands at which address. Only the first one comes with the page itself. */

import type { Route } from "../router";
import { lazy } from "../ui/lazy";
import { Home } from "./home/home";
import { Missing } from "./missing";

const NewStudy = lazy(() => import("./new/new_study").then((m) => m.NewStudy));
const DatasetsScreen = lazy(
  () => import("./datasets/datasets_screen").then((m) => m.DatasetsScreen),
  "Loading the datasets",
);
const DatasetScreen = lazy(
  () => import("./datasets/dataset_screen").then((m) => m.DatasetScreen),
  "Loading the dataset",
);
const StudyScreen = lazy(
  () => import("./study/study_screen").then((m) => m.StudyScreen),
  "Loading the study",
);

const WorkersScreen = lazy(
  () => import("./workers/workers_screen").then((m) => m.WorkersScreen),
  "Loading the workers",
);
const CompareStudies = lazy(
  () => import("./compare/compare_studies").then((m) => m.CompareStudies),
  "Loading the studies",
);
const ApiScreen = lazy(() => import("./api/api_screen").then((m) => m.ApiScreen));

export function Screen({ at }: { at: Route }) {
  switch (at.name) {
    case "home":
      return <Home />;
    case "new":
      return <NewStudy step={at.step} datasetId={at.datasetId} from={at.from} />;
    case "study":
      return <StudyScreen key={at.studyId} studyId={at.studyId} tab={at.tab} />;
    case "trial":
      return (
        <StudyScreen key={at.studyId} studyId={at.studyId} tab="trials" trial={at.number} />
      );
    case "datasets":
      return <DatasetsScreen />;
    case "dataset":
      return <DatasetScreen datasetId={at.datasetId} />;
    case "compareStudies":
      return <CompareStudies key={at.studyIds.join()} studyIds={at.studyIds} />;
    case "workers":
      return <WorkersScreen />;
    case "api":
      return <ApiScreen />;
    case "missing":
      return <Missing />;
  }
}

/** Addresses with the same key share one screen, which isn't built anew between them. */
export function screenKey(at: Route): string {
  switch (at.name) {
    case "study":
      return `study ${at.studyId}`;
    case "trial":
      return `study ${at.studyId}`;
    case "dataset":
      return `dataset ${at.datasetId}`;
    default:
      return at.name;
  }
}
