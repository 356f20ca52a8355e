/** Which column to predict, and what kind of question that is. */

import type { Column, Dataset, Task } from "../../api/types";
import { count, percent, quantity } from "../../format/numbers";
import type { Draft } from "../../state/draft";
import { classBalance, inferTask } from "../../state/target";
import { Panel } from "../../ui/panel";
import { complaintOf } from "./draft_fields";
import type { DraftProps } from "./draft_fields";

interface TargetPanelProps extends DraftProps {
  dataset: Dataset;
}

export function TargetPanel({ dataset, draft, change, complaints }: TargetPanelProps) {
  const wrong = complaintOf(complaints, "target") ?? complaintOf(complaints, "task");
  const inferred = inferTask(dataset, draft.target);
  const column = dataset.columns.find((each) => each.name === draft.target);
  const task = draft.task || inferred;
  return (
    <Panel title="What should it predict?">
      <div class="target-grid">
        <div class="stack">
          <div class="field">
            <label for="target">Target column</label>
            <select
              id="target"
              class="form-select"
              value={draft.target}
              aria-invalid={wrong !== null}
              aria-describedby="target-help"
              onChange={(event) => change({ target: event.currentTarget.value, task: "" })}
            >
              {draft.target === "" && <option value="">Choose a column</option>}
              {dataset.columns.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.name}
                  {each.name === dataset.suggested_target ? " (suggested)" : ""}
                </option>
              ))}
            </select>
            <span class="help" id="target-help">
              {wrong ? <span class="text-bad">{wrong}</span> : column?.reason}
            </span>
          </div>
          <TaskChoice task={task} inferred={inferred} change={change} />
        </div>
        {column && <TargetValues column={column} rows={dataset.rows} task={task} />}
      </div>
    </Panel>
  );
}

interface TaskChoiceProps {
  task: Task;
  inferred: Task;
  change: (change: Partial<Draft>) => void;
}

function TaskChoice({ task, inferred, change }: TaskChoiceProps) {
  const words: Record<Task, string> = { classification: "a class", regression: "a number" };
  return (
    <div class="field" role="radiogroup" aria-label="Task">
      <span class="label">Each row gets</span>
      <div>
        <div class="segments">
          {(["classification", "regression"] as const).map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="task"
                value={each}
                checked={task === each}
                onChange={() => change({ task: each === inferred ? "" : each })}
              />
              {words[each]}
            </label>
          ))}
        </div>
      </div>
      <span class="help">
        {task === inferred
          ? `${capital(task)}, inferred from the column's values.`
          : `${capital(task)}, by your choice; the values look like ${inferred}.`}
      </span>
    </div>
  );
}

function TargetValues({ column, rows, task }: { column: Column; rows: number; task: Task }) {
  if (task === "regression") return <NumberRange column={column} />;
  const shares = classBalance(column, rows);
  const largest = Math.max(1, ...shares.map((share) => share.count));
  const present = rows - column.missing;
  return (
    <div class="field">
      <span class="label">
        {count(column.distinct)} classes
        {column.missing > 0 && (
          <span class="muted"> · {count(column.missing)} rows without one are left out</span>
        )}
      </span>
      <div class="balance" role="list" aria-label="Class balance">
        {shares.map((share) => (
          <div key={share.label} role="listitem" style={{ display: "contents" }}>
            <span class="label" title={share.label}>
              {share.label}
            </span>
            <div class={share.rest ? "bar rest" : "bar"}>
              <div style={{ width: `${(share.count / largest) * 100}%` }} />
            </div>
            <span class="value">
              {count(share.count)} · {percent(share.count, present)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

function NumberRange({ column }: { column: Column }) {
  const facts: [string, string][] = [
    ["Lowest", quantity(column.minimum)],
    ["Mean", quantity(column.mean)],
    ["Highest", quantity(column.maximum)],
    ["Distinct", count(column.distinct)],
  ];
  return (
    <dl class="progress-numbers">
      {facts.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
