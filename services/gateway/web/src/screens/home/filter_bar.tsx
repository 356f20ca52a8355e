/** What of the studies is listed: by words, states and tags; all of it in the address. */

import { useEffect, useState } from "preact/hooks";
import { STUDY_STATE_WORDS } from "../../format/words";
import { setQuery } from "../../router";
import { Icon } from "../../ui/icons";
import { STATES, toggled } from "./home_query";
import type { HomeQuery } from "./home_query";

// Between the last letter and the question to the server.
const TYPING_MS = 250;

export function FilterBar({ asked, tags }: { asked: HomeQuery; tags: readonly string[] }) {
  return (
    <div class="filter-bar" role="search" aria-label="Studies">
      <SearchBox asked={asked} />
      <div class="filter-chips" role="group" aria-label="States">
        {STATES.map((state) => (
          <FilterChip
            key={state}
            label={STUDY_STATE_WORDS[state]}
            isOn={asked.states.includes(state)}
            onToggle={() => setQuery({ state: toggled(asked.states, state), show: null })}
          />
        ))}
      </div>
      {tags.length > 0 && (
        <div class="filter-chips" role="group" aria-label="Tags">
          {tags.map((tag) => (
            <FilterChip
              key={tag}
              label={tag}
              isTag
              isOn={asked.tags.includes(tag)}
              onToggle={() => setQuery({ tag: toggled(asked.tags, tag), show: null })}
            />
          ))}
        </div>
      )}
    </div>
  );
}

function SearchBox({ asked }: { asked: HomeQuery }) {
  const [typed, setTyped] = useState(asked.text);
  // Back and Forward change the address, too.
  useEffect(() => setTyped(asked.text), [asked.text]);
  useEffect(() => {
    const text = typed.trim();
    if (text === asked.text) return undefined;
    const timer = setTimeout(
      () => setQuery({ q: text || null, show: null }, { replace: true }),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div class="search-box">
      <Icon name="search" />
      <input
        class="form-control"
        type="search"
        aria-label="Search the studies"
        placeholder="Name, table or target"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
    </div>
  );
}

interface FilterChipProps {
  label: string;
  isOn: boolean;
  isTag?: boolean;
  onToggle: () => void;
}

function FilterChip({ label, isOn, isTag, onToggle }: FilterChipProps) {
  return (
    <button type="button" class="filter-chip" aria-pressed={isOn} onClick={onToggle}>
      {isOn ? <Icon name="check" /> : isTag && <Icon name="tag" />}
      {label}
    </button>
  );
}
