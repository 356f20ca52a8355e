/** Every trial that has been heard of, best first; those in training with what they have so far. */

import { useMemo } from "preact/hooks";
import { exportPath } from "../../../api/studies";
import { PURPOSE_WORDS } from "../../../format/design_words";
import { metricLabel } from "../../../format/metric";
import { count } from "../../../format/numbers";
import { query, setQuery } from "../../../router";
import { isOfSearch } from "../../../state/fold";
import type { LiveTrial, StudyView } from "../../../state/fold";
import { brushes, picked } from "../../../state/selection";
import { Blank } from "../../../ui/blank";
import { Dropdown } from "../../../ui/dropdown";
import { Panel } from "../../../ui/panel";
import { SelectionBar } from "../plots/selection_bar";
import { readColumns, readPurpose, readSorting } from "./board_query";
import type { PurposeFilter } from "./board_query";
import { boardRows, countPurposes } from "./board_rows";
import { BoardTable } from "./board_table";
import { ColumnForm } from "./column_form";
import { COLUMN_IDS, USUAL } from "./columns";
import { FilterForm } from "./filter_form";

export function Leaderboard({ view }: { view: StudyView }) {
  const asked = query.value;
  const filter = readPurpose(asked.get("for"));
  const usual = filter === "search" ? USUAL.filter((id) => id !== "purpose") : USUAL;
  const chosen = brushes.value;
  const data = useMemo(() => boardRows(view, filter, chosen), [view, filter, chosen]);
  const shown = readColumns(asked.get("columns"), COLUMN_IDS, usual);
  const ofPurpose = useMemo(() => trialsFor(view, filter), [view, filter]);
  const { study_id: id } = view.study;
  return (
    <Panel
      title="Leaderboard"
      subtitle={subtitle(view)}
      flush
      class="leaderboard"
      actions={
        <div class="row">
          <PurposeChoice view={view} filter={filter} />
          <Dropdown label="Filter" icon="filter">
            <FilterForm trials={ofPurpose} />
          </Dropdown>
          <Dropdown label="Columns" icon="table">
            <ColumnForm shown={shown} usual={usual} />
          </Dropdown>
        </div>
      }
    >
      {(chosen.length > 0 || picked.value.length > 0) && (
        <SelectionBar studyId={id} trials={ofPurpose} />
      )}
      {data.length === 0 ? (
        <NoTrials view={view} isFiltered={chosen.length > 0} />
      ) : (
        <BoardTable
          data={data}
          shown={shown.includes("number") ? shown : ["number", ...shown]}
          sorting={readSorting(asked.get("sort"), COLUMN_IDS)}
        />
      )}
      <div class="table-foot">
        <span data-testid="shown">
          {count(data.length)} of {count(ofPurpose.length)}
        </span>
        <span>
          All trials as <a href={exportPath(id, "csv")}>CSV</a> or{" "}
          <a href={exportPath(id, "json")}>JSON</a>
        </span>
      </div>
    </Panel>
  );
}

interface PurposeChoiceProps {
  view: StudyView;
  filter: PurposeFilter;
}

/** Nothing to choose from as long as there is only the search. */
function PurposeChoice({ view, filter }: PurposeChoiceProps) {
  const counts = countPurposes(view);
  if (counts.length < 2) return null;
  const choose = (purpose: PurposeFilter): void =>
    setQuery({ for: purpose === "search" ? null : purpose }, { replace: true });
  return (
    <div class="segments" role="group" aria-label="Trials shown">
      {counts.map(({ purpose, trials }) => (
        <button
          key={purpose}
          type="button"
          aria-pressed={filter === purpose}
          onClick={() => choose(purpose)}
        >
          {PURPOSE_WORDS[purpose]} <span class="count">{count(trials)}</span>
        </button>
      ))}
      <button type="button" aria-pressed={filter === "all"} onClick={() => choose("all")}>
        All <span class="count">{count(view.trials.size)}</span>
      </button>
    </div>
  );
}

function subtitle(view: StudyView): string {
  return view.study.progress.running > 0
    ? "Designs in training stand where their best epoch so far would put them"
    : `By validation ${metricLabel(view.study.metric)}; of equals, the smaller network first`;
}

function trialsFor(view: StudyView, filter: PurposeFilter): LiveTrial[] {
  const all = [...view.trials.values()];
  if (filter === "all") return all;
  return filter === "search" ? all.filter(isOfSearch) : all.filter((t) => t.purpose === filter);
}

function NoTrials({ view, isFiltered }: { view: StudyView; isFiltered: boolean }) {
  if (isFiltered) {
    return <Blank icon="search" title="None of the designs" text="Clear a condition to see more." />;
  }
  const waiting = view.study.state === "PENDING" || view.study.state === "RUNNING";
  return (
    <Blank
      icon="chart"
      title="No designs yet"
      text={
        waiting ? "The first ones are being planned." : "The study ended before it planned any."
      }
    />
  );
}
