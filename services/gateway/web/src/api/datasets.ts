/** Looking into uploaded tables. */

import { getJson } from "./client";
import type { components } from "./schema";

export type TableRows = components["schemas"]["TableRowsDocument"];

const ROWS = 50;

/** The first rows, as text. */
export function listRows(datasetId: string): Promise<TableRows> {
  return getJson(`/v1/datasets/${encodeURIComponent(datasetId)}/rows?limit=${ROWS}`);
}
