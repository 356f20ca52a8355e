/** How designs are compared: the metric, the split, and whether there is a verdict. */

import type { Metric, SplitMethod, VerdictMode } from "../../api/types";
import { SPLIT_WORDS } from "../../format/design_words";
import { metricAbout, metricName, metricsOf } from "../../format/metric";
import { metricOf, taskOf } from "../../state/draft";
import { Choices, Field } from "../../ui/fields";
import { Panel } from "../../ui/panel";
import type { StepProps } from "./columns_step";
import { complaintOf, FieldComplaint, TextField } from "./draft_fields";

const VERDICTS: [VerdictMode, string, string][] = [
  [
    "auto",
    "Reach a verdict",
    "The best designs train again on other splits with other seeds, beside simple baselines, and " +
      "it says which to use and how sure that is.",
  ],
  ["off", "Search only", "The best trial is tested, and that is all. Quicker; luck decides more."],
];

const SPLITS = (Object.keys(SPLIT_WORDS) as SplitMethod[]).map(
  (method) => [method, ...SPLIT_WORDS[method]] as const,
);

export function JudgingPanel(props: StepProps) {
  const { draft, change, complaints } = props;
  return (
    <Panel
      title="How is it judged?"
      subtitle="A fifth of the rows tests the winner, once; the others train and steer"
    >
      <div class="stack loose">
        <Choices
          label="Verdict"
          group="verdict"
          value={draft.verdict}
          options={VERDICTS}
          onChoose={(verdict) => change({ verdict })}
        />
        <FieldComplaint complaints={complaints} field="verdict" />
        <Choices
          label="Rows are split"
          group="split"
          value={draft.splitMethod}
          options={SPLITS}
          onChoose={(splitMethod) => change({ splitMethod })}
        />
        <FieldComplaint complaints={complaints} field="splitMethod" />
        <div class="settings-grid">
          {draft.splitMethod !== "stratified" && (
            <SplitColumn {...props} />
          )}
          <MetricField {...props} />
          {draft.verdict === "auto" && (
            <TextField
              {...props}
              field="folds"
              label="Folds"
              help="Each round of the finals trains every finalist on so many splits."
            />
          )}
        </div>
      </div>
    </Panel>
  );
}

function MetricField({ dataset, draft, change, complaints }: StepProps) {
  const task = taskOf(dataset, draft);
  const metric = metricOf(task, draft);
  return (
    <Field
      id="metric"
      label="Metric"
      wrong={complaintOf(complaints, "metric")}
      help={metricAbout(metric)}
    >
      <select
        id="metric"
        class="form-select"
        value={metric}
        aria-describedby="metric-help"
        onChange={(event) => change({ metric: event.currentTarget.value as Metric })}
      >
        {metricsOf(task).map((each) => (
          <option key={each} value={each}>
            {metricName(each)}
          </option>
        ))}
      </select>
    </Field>
  );
}

function SplitColumn({ dataset, draft, change, complaints }: StepProps) {
  const wrong = complaintOf(complaints, "splitColumn");
  const byTime = draft.splitMethod === "time";
  return (
    <Field
      id="splitColumn"
      label={byTime ? "Column of the times" : "Column of the groups"}
      wrong={wrong}
      help={byTime ? "The last fifth tests." : "Equal cells are one group."}
    >
      <select
        id="splitColumn"
        class="form-select"
        value={draft.splitColumn}
        aria-invalid={wrong !== null}
        aria-describedby="splitColumn-help"
        onChange={(event) => change({ splitColumn: event.currentTarget.value })}
      >
        <option value="">Choose a column</option>
        {dataset.columns
          .filter((each) => each.name !== draft.target)
          .map((each) => (
            <option key={each.name} value={each.name}>
              {each.name}
            </option>
          ))}
      </select>
    </Field>
  );
}
