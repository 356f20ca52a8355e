/** Where a table comes in: dropped, chosen or pasted. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { looksLikeTable, pastedFile } from "../csv/pasted";
import { Icon } from "./icons";

export function DropArea({ onFile, compact }: { onFile: (file: File) => void; compact?: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const over = useDroppedFiles(onFile);
  usePastedTable(onFile);
  return (
    <div class={`drop ${compact ? "compact" : ""} ${over ? "over" : ""}`}>
      <span class="glyph">
        <Icon name="upload" />
      </span>
      <strong>{over ? "Let go to use this file" : "Drop a CSV file here"}</strong>
      {!compact && <p class="muted small">or paste a copied table with Ctrl+V, or</p>}
      <button
        type="button"
        class={compact ? "btn btn-quiet" : "btn btn-primary"}
        onClick={() => input.current?.click()}
      >
        Choose a file
      </button>
      <input
        ref={input}
        class="visually-hidden"
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        aria-label="Choose a CSV file"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) onFile(file);
        }}
      />
      {!compact && <PasteBox onFile={onFile} />}
    </div>
  );
}

function PasteBox({ onFile }: { onFile: (file: File) => void }) {
  const [text, setText] = useState("");
  return (
    <details>
      <summary>Paste into a box instead</summary>
      <textarea
        class="form-control"
        rows={5}
        aria-label="A table as comma-separated text"
        placeholder={"height,weight,species\n181,3750,Adelie\n…"}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button
        type="button"
        class="btn btn-quiet"
        disabled={text.trim() === ""}
        onClick={() => onFile(pastedFile(text))}
      >
        Use this table
      </button>
    </details>
  );
}

/** The whole window takes files, so that nobody has to aim. */
function useDroppedFiles(onFile: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  // With the drawing, not after it: what can be seen must work.
  useLayoutEffect(() => {
    const hold = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) onFile(file);
    };
    window.addEventListener("dragover", hold);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", hold);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [onFile]);
  return over;
}

function usePastedTable(onFile: (file: File) => void): void {
  useLayoutEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const into = event.target as Element | null;
      if (into?.closest("input, textarea, select")) return;
      const file = event.clipboardData?.files[0];
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (file) onFile(file);
      else if (looksLikeTable(text)) onFile(pastedFile(text));
    };
    window.addEventListener("paste", paste);
    return () => window.removeEventListener("paste", paste);
  }, [onFile]);
}
