/** The confusion matrix as the table that it is, and what it says of each class. */

import type { Evaluation } from "../../../api/types";
import { count, percent } from "../../../format/numbers";
import { classFigures, className, sum } from "./class_figures";

export function ConfusionTable({ evaluation }: { evaluation: Evaluation }) {
  const { classes, confusion } = evaluation;
  const names = classes.map((_, place) => className(evaluation, place));
  return (
    <div
      class="table-frame confusion-frame"
      tabIndex={0}
      role="region"
      aria-label="Confusion matrix"
    >
      <table class="confusion">
        <thead>
          <tr>
            <td />
            <th scope="colgroup" colSpan={names.length} class="axis-name">
              predicted
            </th>
          </tr>
          <tr>
            <th scope="col" class="axis-name">
              actual
            </th>
            {names.map((name, place) => (
              <th key={place} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(confusion ?? []).map((row, actual) => (
            <tr key={actual}>
              <th scope="row">{names[actual]}</th>
              {row.map((rows, predicted) => (
                <Cell key={predicted} rows={rows} of={sum(row)} isRight={actual === predicted} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface CellProps {
  rows: number;
  /** Rows of the same actual class. */
  of: number;
  isRight: boolean;
}

function Cell({ rows, of, isRight }: CellProps) {
  const share = of > 0 ? rows / of : 0;
  return (
    <td class={isRight ? "right" : "wrong"} style={{ "--heat": String(share) }}>
      {count(rows)}
      {rows > 0 && <small>{percent(rows, of)}</small>}
    </td>
  );
}

export function ClassTable({ evaluation }: { evaluation: Evaluation }) {
  const auc = new Map(evaluation.roc.map((curve) => [curve.class, curve.auc]));
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label="Figures of each class">
      <table class="grid">
        <thead>
          <tr>
            <th scope="col">Class</th>
            {["Precision", "Recall", "F1", "AUC", "Rows"].map((name) => (
              <th key={name} scope="col" class="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {classFigures(evaluation).map((each, place) => (
            <tr key={place}>
              <th scope="row">{each.name}</th>
              <td class="num">{share(each.precision)}</td>
              <td class="num">{share(each.recall)}</td>
              <td class="num">{share(each.f1)}</td>
              <td class="num">{auc.get(evaluation.classes[place] ?? "")?.toFixed(3) ?? "–"}</td>
              <td class="num">{count(each.support)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function share(value: number | null): string {
  return value === null ? "–" : `${(value * 100).toFixed(1)}\u202f%`;
}
