/** All keys that do something on the present screen. */

import { Dialog } from "./dialog";
import { areShortcutsOn, shortcutGroups } from "./shortcuts";
import type { ShortcutGroup } from "./shortcuts";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" wide onClose={onClose}>
      <label class="form-check small below-title">
        <input
          class="form-check-input"
          type="checkbox"
          checked={areShortcutsOn.value}
          onChange={(event) => (areShortcutsOn.value = event.currentTarget.checked)}
        />{" "}
        Keys act on this page (a reload switches them on again)
      </label>
      <div class="shortcut-list">
        {merged(shortcutGroups.value).map((group) => (
          <Group key={group.title} group={group} />
        ))}
      </div>
    </Dialog>
  );
}

function Group({ group }: { group: ShortcutGroup }) {
  return (
    <section>
      <h3>{group.title}</h3>
      <dl>
        {group.shortcuts.map(({ keys, text }) => (
          <>
            <dt key={`${keys} keys`}>
              {keys.split(" ").map((key, index) => (
                <>
                  {index > 0 && " "}
                  <kbd>{key}</kbd>
                </>
              ))}
            </dt>
            <dd key={keys}>{text}</dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** Parts of a screen may register under one title. */
function merged(groups: readonly ShortcutGroup[]): ShortcutGroup[] {
  const titles = [...new Set(groups.map((group) => group.title))];
  return titles.map((title) => ({
    title,
    shortcuts: groups.filter((group) => group.title === title).flatMap((group) => group.shortcuts),
  }));
}
