/** The study as a command, a request and a program, each to be copied. */

import { useRef, useState } from "preact/hooks";
import type { StudyRequest } from "../../api/types";
import { Icon } from "../../ui/icons";
import { Panel } from "../../ui/panel";
import { snippetsOf } from "./snippets";
import type { Snippet } from "./snippets";

export function SnippetsPanel({ request }: { request: StudyRequest }) {
  const snippets = snippetsOf(request, location.origin);
  const [key, setKey] = useState<Snippet["key"]>("cli");
  const shown = snippets.find((each) => each.key === key);
  const tabs = (
    <div class="segments" role="group" aria-label="Language">
      {snippets.map((each) => (
        <button
          key={each.key}
          type="button"
          aria-pressed={each.key === key}
          onClick={() => setKey(each.key)}
        >
          {each.label}
        </button>
      ))}
    </div>
  );
  return (
    <Panel title="The same without this page" actions={tabs}>
      {shown && <CodeBox key={shown.key} snippet={shown} />}
    </Panel>
  );
}

function CodeBox({ snippet }: { snippet: Snippet }) {
  const [said, setSaid] = useState("");
  const code = useRef<HTMLElement>(null);
  const copy = async (): Promise<void> => {
    const isCopied = await copyText(snippet.text, code.current);
    setSaid(isCopied ? "Copied" : "Selected; copy it with Ctrl+C");
  };
  return (
    <div class="snippet">
      <pre tabIndex={0} role="region" aria-label={snippet.label}>
        <code ref={code}>{snippet.text}</code>
      </pre>
      <button type="button" class="btn btn-quiet btn-small" onClick={() => void copy()}>
        {said === "Copied" && <Icon name="check" />}
        Copy
      </button>
      <span class="small muted" role="status">
        {said}
      </span>
    </div>
  );
}

/** False where the browser lets no page write: on plain HTTP from another machine. */
async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) getSelection()?.selectAllChildren(shown);
    return false;
  }
}
