/** Rows of a long list of which only those in sight, and a few around, are in the document. */

import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from "@tanstack/virtual-core";
import { useLayoutEffect, useReducer, useState } from "preact/hooks";

/** In pixels, as the style sheet has it. */
export const ROW_HEIGHT = 41;
const HEAD_HEIGHT = 36;
const OVERSCAN = 10;

type Rows = Virtualizer<HTMLDivElement, HTMLTableRowElement>;

export function useVirtualRows(frame: { current: HTMLDivElement | null }, count: number): Rows {
  const [, redraw] = useReducer<number, void>((drawn) => drawn + 1, 0);
  const options = {
    count,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    // The head of the table lies above the rows, and stays there.
    paddingStart: 0,
    scrollPaddingStart: HEAD_HEIGHT,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    onChange: () => redraw(),
  };
  const [rows] = useState<Rows>(() => new Virtualizer(options));
  rows.setOptions(options);
  useLayoutEffect(() => rows._didMount(), [rows]);
  useLayoutEffect(() => rows._willUpdate());
  return rows;
}
