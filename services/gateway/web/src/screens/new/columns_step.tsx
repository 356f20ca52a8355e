/** Step 2: what to predict, and what each column is. */

import { useState } from "preact/hooks";
import type { Dataset } from "../../api/types";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { FirstRows } from "../datasets/first_rows";
import { ColumnsTable } from "./columns_table";
import { FieldComplaint } from "./draft_fields";
import type { DraftProps } from "./draft_fields";
import { TargetPanel } from "./target_panel";

export interface StepProps extends DraftProps {
  dataset: Dataset;
}

export function ColumnsStep(props: StepProps) {
  const { dataset, draft, change, complaints } = props;
  const [showsRows, setShowsRows] = useState(false);
  return (
    <div class="stack loose">
      <TableNotes dataset={dataset} />
      <TargetPanel {...props} />
      <Panel
        title="The columns"
        subtitle="Kinds are inferred over every row; change one if it is wrong"
        actions={<RowsSwitch showsRows={showsRows} onShow={setShowsRows} />}
        flush
      >
        <FieldComplaint complaints={complaints} field="kinds" />
        {showsRows ? (
          <FirstRows dataset={dataset} />
        ) : (
          <ColumnsTable dataset={dataset} draft={draft} change={change} />
        )}
      </Panel>
    </div>
  );
}

interface RowsSwitchProps {
  showsRows: boolean;
  onShow: (shows: boolean) => void;
}

function RowsSwitch({ showsRows, onShow }: RowsSwitchProps) {
  return (
    <div class="segments" role="group" aria-label="Show">
      <button type="button" aria-pressed={!showsRows} onClick={() => onShow(false)}>
        Columns
      </button>
      <button type="button" aria-pressed={showsRows} onClick={() => onShow(true)}>
        Rows
      </button>
    </div>
  );
}

/** Warnings about the whole table; those about a column stand beside it. */
export function TableNotes({ dataset }: { dataset: Dataset }) {
  const notes = dataset.warnings.filter((warning) => !warning.column);
  return (
    <>
      {notes.map((note) => (
        <div key={note.code + note.detail} class="note tone-warn">
          <Icon name="warning" />
          <p>{note.detail}</p>
        </div>
      ))}
    </>
  );
}
