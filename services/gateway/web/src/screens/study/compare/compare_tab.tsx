/** Trials of a study side by side; which ones stands in the address, `?trials=3,17`. */

import { studyAddress, query, setQuery, trialAddress } from "../../../router";
import { picked, readPicked, selectionQuery } from "../../../state/selection";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { Blank } from "../../../ui/blank";
import { Boundary, Panel } from "../../../ui/panel";
import { CurvesPanel } from "../curves_panel";
import { designRows, outcomeRows } from "./compare_rows";
import type { CompareRow } from "./compare_rows";
import { PairsPanel } from "./pairs_panel";

export function CompareTab({ view }: { view: StudyView }) {
  const { study } = view;
  const asked = query.value.get("trials");
  const numbers = asked === null ? picked.value : readPicked(asked);
  const trials = numbers.flatMap((number) => view.trials.get(number) ?? []);
  if (trials.length < 2) return <NothingPicked view={view} numbers={numbers} />;
  const all = query.value.get("same") === "shown";
  return (
    <>
      <PairsPanel verdict={view.verdict} trials={trials} />
      <Panel title="What came of them" flush>
        <Table label="What came of them" trials={trials} view={view} rows={outcomeRows(trials, study)} />
      </Panel>
      <Panel
        title="How they were built"
        subtitle={all ? "Every field" : "Only what differs"}
        actions={<SameToggle all={all} />}
        flush
      >
        <Table
          label="How they were built"
          trials={trials}
          view={view}
          rows={designRows(trials, study).filter(({ differs }) => all || differs)}
        />
      </Panel>
      <Boundary>
        <CurvesPanel view={view} trials={trials} title="How they learnt" />
      </Boundary>
    </>
  );
}

function SameToggle({ all }: { all: boolean }) {
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small"
      onClick={() => setQuery({ same: all ? null : "shown" }, { replace: true })}
    >
      {all ? "Only what differs" : "Every field"}
    </button>
  );
}

function NothingPicked({ view, numbers }: { view: StudyView; numbers: readonly number[] }) {
  const missing = numbers.filter((number) => !view.trials.has(number));
  const text =
    missing.length > 0
      ? `This study has no trial ${missing.join(", ")}.`
      : "Pick two to six designs: by the boxes among the trials, or with Shift and a click in a plot.";
  return (
    <Panel title="Compare">
      <Blank icon="compare" title="Nothing to compare" text={text}>
        <a
          class="btn btn-primary"
          href={studyAddress(view.study.study_id, "trials", selectionQuery.value)}
        >
          To the trials
        </a>
      </Blank>
    </Panel>
  );
}

interface TableProps {
  label: string;
  trials: readonly LiveTrial[];
  view: StudyView;
  rows: readonly CompareRow[];
}

function Table({ label, trials, view, rows }: TableProps) {
  if (rows.length === 0) return <p class="muted table-foot">They were built alike.</p>;
  const id = view.study.study_id;
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={`${label}, table`}>
      <table class="grid compare">
        <thead>
          <tr>
            <td />
            {trials.map(({ number }) => (
              <th key={number} scope="col">
                <a href={trialAddress(id, number, selectionQuery.value)}>Trial {number}</a>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, cells, differs }) => (
            <tr key={name} class={differs ? "differs" : undefined}>
              <th scope="row">{name}</th>
              {cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
