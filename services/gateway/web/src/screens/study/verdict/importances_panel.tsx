/** Which choices the score depends on, over all that was searched. */

import type { Verdict } from "../../../api/verdict";
import { fieldWords } from "../../../format/design_words";
import { percent } from "../../../format/numbers";
import { Panel } from "../../../ui/panel";

export function ImportancesPanel({ verdict }: { verdict: Verdict }) {
  const { importances } = verdict;
  if (importances.length === 0) return null;
  const largest = Math.max(...importances.map((each) => each.share));
  return (
    <Panel
      title="Which choices mattered"
      subtitle="Of what sets the best tenth of the searched designs apart, each field’s share"
    >
      <table class="bars">
        <caption class="visually-hidden">Importance of each field (PED-ANOVA)</caption>
        <tbody>
          {importances.map(({ field, share }) => (
            <tr key={field}>
              <th scope="row">{fieldWords(field)}</th>
              <td class="bar-cell" aria-hidden="true">
                <span class="bar" style={{ width: `${(share / largest) * 100}%` }} />
              </td>
              <td class="num">{percent(share, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
