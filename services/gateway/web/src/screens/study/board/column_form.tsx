/** Which columns the leaderboard has; the choice is part of the address. */

import { setQuery } from "../../../router";
import { writeColumns } from "./board_query";
import { COLUMN_IDS, columnName } from "./columns";

// Without them, a row can't be told from another or opened.
const ALWAYS = new Set(["pick", "number"]);

interface ColumnFormProps {
  shown: readonly string[];
  usual: readonly string[];
}

export function ColumnForm({ shown, usual }: ColumnFormProps) {
  const show = (columns: readonly string[]): void =>
    setQuery({ columns: writeColumns(columns, usual) }, { replace: true });
  return (
    <>
      <fieldset class="value-list">
        <legend class="visually-hidden">Columns</legend>
        {COLUMN_IDS.filter((id) => !ALWAYS.has(id)).map((id) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.includes(id)}
              onChange={(event) =>
                show(
                  event.currentTarget.checked ? [...shown, id] : shown.filter((each) => each !== id),
                )
              }
            />
            {columnName(id)}
          </label>
        ))}
      </fieldset>
      <button type="button" class="link-button small" onClick={() => show(usual)}>
        The usual ones
      </button>
    </>
  );
}
