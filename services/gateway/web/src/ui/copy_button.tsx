import { useState } from "preact/hooks";
import { Icon } from "./icons";
import { toast } from "./toast";

/** A line to be copied, with the button that does it. */
export function CodeLine({ code, label }: { code: string; label: string }) {
  return (
    <div class="code-line">
      <pre tabIndex={0} aria-label={label}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy ${label}`} />
    </div>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isCopied, setIsCopied] = useState(false);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setIsCopied(true);
      setTimeout(() => setIsCopied(false), 2_000);
    } catch {
      // On plain HTTP from another machine, browsers keep the clipboard to themselves.
      toast({ text: "The browser doesn't let the page copy. Mark the text and copy it yourself." });
    }
  }
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={isCopied ? "Copied" : label}
      title={label}
      onClick={() => void copy()}
    >
      <Icon name={isCopied ? "check" : "copy"} />
    </button>
  );
}
