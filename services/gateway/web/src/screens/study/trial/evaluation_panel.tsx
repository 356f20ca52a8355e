/** Where a trial is right and where it is wrong; made when somebody asks for it. */

import { useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import { evaluateTrial, getEvaluation } from "../../../api/evaluations";
import type { EvaluatedRows, Evaluation, Study, Trial } from "../../../api/types";
import { counted, quantity } from "../../../format/numbers";
import { useResource } from "../../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../../ui/blank";
import { Icon } from "../../../ui/icons";
import { Panel } from "../../../ui/panel";
import { ClassTable, ConfusionTable } from "./confusion_table";
import { PredictedPanel, ResidualsPanel } from "./residuals_panel";
import { RocPanel } from "./roc_panel";

interface EvaluationPanelProps {
  study: Study;
  trial: Trial;
}

export function EvaluationPanel({ study, trial }: EvaluationPanelProps) {
  const wasTested = trial.score_test !== null;
  const [rows, setRows] = useState<EvaluatedRows>(wasTested ? "test" : "validation");
  const found = useResource(
    () => getEvaluation(study.study_id, trial.number, rows),
    [study.study_id, trial.number, rows],
  );
  const isNone = found.error instanceof ApiProblem && found.error.problem.code === "no_evaluation";
  const evaluation = found.value?.rows === rows && found.error === null ? found.value : null;
  const matrix = evaluation?.confusion ? evaluation : null;
  const errors = evaluation?.residuals ? evaluation : null;
  return (
    <>
      <div class={matrix ? (isLarge(matrix) ? "stack loose" : "charts") : undefined}>
        <Panel
          title="Right and wrong"
          subtitle={evaluation ? aboutRows(evaluation) : `On the ${rows} rows`}
          actions={wasTested && <RowsChoice rows={rows} onChoose={setRows} />}
          flush={matrix !== null}
        >
          {isNone && <NotEvaluated study={study} trial={trial} rows={rows} onDone={found.reload} />}
          {!isNone && found.error !== null && (
            <ProblemNote error={found.error} onRetry={found.reload} />
          )}
          {found.error === null && evaluation === null && (
            <Skeleton lines={5} label="Loading the evaluation" />
          )}
          {matrix && <ConfusionTable evaluation={matrix} />}
          {errors && <Errors evaluation={errors} />}
        </Panel>
        {matrix && <RocPanel evaluation={matrix} study={study} />}
      </div>
      {matrix && (
        <Panel title="Each class" subtitle="Of what was said, and of what there is" flush>
          <ClassTable evaluation={matrix} />
        </Panel>
      )}
      {errors && (
        <div class="charts">
          <PredictedPanel evaluation={errors} study={study} />
          <ResidualsPanel evaluation={errors} study={study} />
        </div>
      )}
    </>
  );
}

// A matrix of more classes has no place beside another panel.
const MOST_CLASSES = 8;

function isLarge({ classes }: Evaluation): boolean {
  return classes.length > MOST_CLASSES;
}

function aboutRows({ rows, n, confusion }: Evaluation): string {
  const which = rows === "test" ? "test rows, touched once" : "validation rows";
  const how = confusion ? "; the shade is the share of its row" : "";
  return `On ${counted(n, "row").replace(/ rows?$/, "")} ${which}${how}`;
}

interface RowsChoiceProps {
  rows: EvaluatedRows;
  onChoose: (rows: EvaluatedRows) => void;
}

function RowsChoice({ rows, onChoose }: RowsChoiceProps) {
  return (
    <div class="segments" role="group" aria-label="Rows">
      {(["test", "validation"] as const).map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={rows === each}
          onClick={() => onChoose(each)}
        >
          {each === "test" ? "Test" : "Validation"}
        </button>
      ))}
    </div>
  );
}

interface NotEvaluatedProps extends EvaluationPanelProps {
  rows: EvaluatedRows;
  onDone: () => void;
}

function NotEvaluated({ study, trial, rows, onDone }: NotEvaluatedProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [failure, setFailure] = useState("");
  if (rows === "test") {
    return (
      <Blank
        icon="info"
        title="Only scored on the test rows"
        text="They are touched once; the winner and the smallest good design are looked at closely then, time permitting."
      />
    );
  }

  async function evaluate(): Promise<void> {
    setBusy(true);
    setError(null);
    setFailure("");
    try {
      const run = await evaluateTrial(study.study_id, trial.number);
      if (run.state === "FAILED") setFailure(run.detail || "It could not be trained again.");
      else onDone();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  }

  return (
    <Blank
      icon="chart"
      title="Not evaluated yet"
      text={
        trial.has_model
          ? "Its weights were kept: this takes a moment."
          : "Its weights were not kept, so it is trained again first, with the same seed."
      }
    >
      <button
        type="button"
        class="btn btn-primary"
        disabled={busy}
        onClick={() => void evaluate()}
      >
        <Icon name={busy ? "spinner" : "play"} />
        {busy ? "Evaluating" : "Evaluate on the validation rows"}
      </button>
      <div role="status">
        {error !== null && <ProblemNote error={error} />}
        {failure !== "" && <p>It could not be evaluated: {failure}</p>}
      </div>
    </Blank>
  );
}

function Errors({ evaluation: { mae, rmse, r2 } }: { evaluation: Evaluation }) {
  const facts: [string, number | null][] = [
    ["Mean error (MAE)", mae],
    ["Typical error (RMSE)", rmse],
    ["R²", r2],
  ];
  return (
    <dl class="facts-grid">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{quantity(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
