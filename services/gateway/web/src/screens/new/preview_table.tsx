/** Up to 200 rows, as they are in the file. Cells and names are text, whatever they hold. */

import type { Preview } from "../../csv/preview";
import { count, counted } from "../../format/numbers";

// A table can have thousands of columns; a preview of it needs fewer.
const MOST_COLUMNS = 60;

export function PreviewTable({ preview }: { preview: Preview }) {
  const names = preview.header.slice(0, MOST_COLUMNS);
  const hidden = preview.header.length - names.length;
  return (
    <>
      <div class="table-frame preview" tabIndex={0} role="region" aria-label="Table of first rows">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">Row</th>
              {names.map((name, index) => (
                <th key={index} scope="col" title={name}>
                  {name || <span class="empty">no name</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.rows.map((row, number) => (
              <tr key={number}>
                <td>{number + 1}</td>
                {names.map((_, index) => (
                  <td key={index} title={row[index]}>
                    {row[index] || <span class="empty">empty</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="table-foot">
        <span>
          {rowWords(preview)}
          {hidden > 0 && ` · ${counted(hidden, "more column")} not shown`}
        </span>
      </div>
    </>
  );
}

function rowWords({ rows, total }: Preview): string {
  if (total === null) return `The first ${counted(rows.length, "row")}`;
  if (total > rows.length) return `${count(rows.length)} of ${counted(total, "row")}`;
  return counted(total, "row");
}
