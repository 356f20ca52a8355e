/** The search space as YAML, read as it is typed; mistakes stand at their line. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { SpaceDocument } from "../../state/draft_space";
import { documentOf } from "../../state/draft_space";
import { readSpaceText, writeSpaceText } from "../../state/draft_space_yaml";
import { ProblemNote, Skeleton } from "../../ui/blank";
import type { StepProps } from "./columns_step";

interface SpaceTextProps extends StepProps {
  /** The preset's space: what isn't given stands as comments. */
  base: SpaceDocument;
}

const LINE_REM = 1.3;
// Nothing at all would be filled in anew.
const BLANK = " ";

export function SpaceText({ draft, change, complaints, base }: SpaceTextProps) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(draft.spaceText === "");
  const typed = useRef(0);
  const box = useRef<HTMLTextAreaElement>(null);
  const isEmpty = draft.spaceText === "";
  useEffect(() => {
    if (!isEmpty) return;
    writeSpaceText(documentOf(draft.space), base).then(
      (text) => {
        setBusy(false);
        if (text !== "") change({ spaceText: text });
      },
      setError,
    );
  }, [isEmpty]);

  async function edit(text: string): Promise<void> {
    const mine = ++typed.current;
    // The text first, so that no key is lost; what it means follows.
    change({ spaceText: text || BLANK });
    const { form, fault } = await readSpaceText(text);
    if (mine !== typed.current) return;
    change(form === null ? { spaceFault: fault } : { space: form, spaceFault: null });
  }

  if (error !== null) return <ProblemNote error={error} />;
  if (isBusy) return <Skeleton lines={8} label="Loading the editor" />;
  const fault = draft.spaceFault;
  const refused = complaints.filter((each) => each.field.startsWith("space."));
  return (
    <div class="space-text">
      <div class="code-box">
        <LineNumbers text={draft.spaceText} wrong={fault?.line ?? 0} box={box} />
        <textarea
          ref={box}
          class="form-control code"
          aria-label="Search space as YAML"
          aria-invalid={fault !== null}
          aria-describedby="space-text-help"
          spellcheck={false}
          wrap="off"
          value={draft.spaceText}
          onInput={(event) => void edit(event.currentTarget.value)}
        />
      </div>
      <p class="small" id="space-text-help" role="status">
        {fault ? (
          <span class="text-bad">
            Line {fault.line}: {fault.text}
          </span>
        ) : (
          <span class="muted">
            Also what <code>layerlab study create --space</code> takes. Comments are kept until the
            form is changed.
          </span>
        )}
      </p>
      {refused.map((each) => (
        <p key={each.field} class="text-bad small">
          {each.field.slice("space.".length)}: {each.text}
        </p>
      ))}
    </div>
  );
}

interface LineNumbersProps {
  text: string;
  wrong: number;
  box: { current: HTMLTextAreaElement | null };
}

function LineNumbers({ text, wrong, box }: LineNumbersProps) {
  const numbers = useRef<HTMLDivElement>(null);
  const many = text.split("\n").length;
  useEffect(() => {
    const area = box.current;
    if (!area) return undefined;
    const follow = (): void => {
      if (numbers.current) numbers.current.style.transform = `translateY(-${area.scrollTop}px)`;
    };
    follow();
    area.addEventListener("scroll", follow);
    return () => area.removeEventListener("scroll", follow);
  }, [box, many]);
  return (
    <div class="line-numbers" aria-hidden="true">
      <div ref={numbers}>
        {Array.from({ length: many }, (_, index) => (
          <div key={index} class={index + 1 === wrong ? "wrong" : ""}>
            {index + 1}
          </div>
        ))}
      </div>
      <WrongLine line={wrong} box={box} />
    </div>
  );
}

/** Brings the mistake into view, once. */
function WrongLine({ line, box }: Pick<LineNumbersProps, "box"> & { line: number }) {
  useEffect(() => {
    const area = box.current;
    if (!area || line === 0 || document.activeElement === area) return;
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize);
    area.scrollTop = Math.max(0, (line - 3) * LINE_REM * size);
  }, [line, box]);
  return null;
}
