/** A search space as text: the YAML that the command line's `--space` takes. Loads the parser. */

import type { Document, LineCounter, Pair, YAMLMap } from "yaml";
import { formOf, SpaceFault } from "./draft_space";
import type { SpaceDocument, SpaceForm } from "./draft_space";

/** What is wrong with a text, and where. */
export interface TextFault {
  /** Counts from 1. */
  line: number;
  field: string;
  text: string;
}

export type SpaceReading = { form: SpaceForm; fault: null } | { form: null; fault: TextFault };

const EXAMPLE = "Needs fields of a design, each with its choices or range: dropout: [0, 0.1]";
const ALIASES = 20;

/** A file may say more than the space: then that is under this name. */
const WRAPPER = "space";

export async function readSpaceText(text: string): Promise<SpaceReading> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true });
  const [error] = document.errors;
  if (error) return faulty(error.linePos?.[0].line ?? 1, "", firstLine(error.message));
  if (document.contents === null) return { form: {}, fault: null };
  if (!isMap(document.contents)) return faulty(1, "", EXAMPLE);
  let root: YAMLMap = document.contents;
  const [only] = root.items;
  if (root.items.length === 1 && only && isMap(only.value) && isScalar(only.key)) {
    if (only.key.value === WRAPPER) root = only.value;
  }
  try {
    return { form: formOf(plain(document, root)), fault: null };
  } catch (problem) {
    const field = problem instanceof SpaceFault ? problem.field : "";
    const why = problem instanceof Error ? problem.message : String(problem);
    return faulty(lineOf(root, field, lines), field, why);
  }
}

function plain(document: Document, root: YAMLMap): SpaceDocument {
  return root.toJS(document as Document<never>, { maxAliasCount: ALIASES }) as SpaceDocument;
}

function lineOf(root: YAMLMap, field: string, lines: LineCounter): number {
  const key = root.items.find((pair) => keyOf(pair) === field)?.key;
  const range = (key as { range?: readonly number[] } | undefined)?.range;
  return range?.[0] === undefined ? 1 : lines.linePos(range[0]).line;
}

function keyOf(pair: Pair): unknown {
  return (pair.key as { value?: unknown } | null)?.value;
}

function faulty(line: number, field: string, text: string): SpaceReading {
  return { form: null, fault: { line, field, text } };
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, ".");
}

const HEAD = "# What is left out, or behind a #, is the preset's.\n";

/** `own`: the user's fields. `preset`: of which those that the user left alone become comments. */
export async function writeSpaceText(own: SpaceDocument, preset: SpaceDocument): Promise<string> {
  const { Document, isMap, isSeq, visit } = await import("yaml");
  const write = (value: SpaceDocument): string => {
    const document = new Document(value);
    visit(document, {
      Collection: (_, node, path) => {
        if (isSeq(node) || (isMap(node) && path.length > 2)) node.flow = true;
      },
    });
    return document.toString({ flowCollectionPadding: false, lineWidth: 0 });
  };
  const given = Object.keys(own).length > 0 ? write(own) : "";
  const rest = Object.entries(preset).filter(([name]) => !Object.hasOwn(own, name));
  if (rest.length === 0) return given;
  const comments = write(Object.fromEntries(rest)).replaceAll(/^(?=.)/gm, "# ");
  return `${given}${given && "\n"}${HEAD}${comments}`;
}
