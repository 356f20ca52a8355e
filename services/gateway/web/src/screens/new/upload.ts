/** The table that is being uploaded: its preview at once, its profile when the server has it. */

import { signal } from "@preact/signals";
import { uploadDataset } from "../../api/client";
import { Cancelled } from "../../api/transport";
import type { Dataset } from "../../api/types";
import { readPreview } from "../../csv/preview";
import type { Preview } from "../../csv/preview";
import { navigate, newStepAddress, route } from "../../router";

export interface UploadState {
  file: File;
  sent: number;
  total: number;
  preview: Preview | null;
  dataset: Dataset | null;
  error: unknown;
  cancel: () => void;
}

export const upload = signal<UploadState | null>(null);

export function forgetUpload(): void {
  upload.value?.cancel();
  upload.value = null;
}

export async function beginUpload(file: File): Promise<void> {
  forgetUpload();
  const sending = uploadDataset(file, (sent, total) => patch(file, { sent, total }));
  upload.value = {
    file,
    sent: 0,
    total: file.size,
    preview: null,
    dataset: null,
    error: null,
    cancel: sending.cancel,
  };
  // What can't be previewed may still be a table; the server says so.
  readPreview(file).then(
    (preview) => patch(file, { preview }),
    () => undefined,
  );
  try {
    const dataset = await sending.done;
    patch(file, { dataset, cancel: () => undefined });
    if (upload.value?.file === file) goOn(dataset.dataset_id);
  } catch (error) {
    if (!(error instanceof Cancelled)) patch(file, { error });
  }
}

/** Unless the user has left meanwhile: then the table waits among the others. */
function goOn(dataset: string): void {
  const at = route.peek();
  if (at.name !== "new" || at.step !== "upload") return;
  navigate(newStepAddress("columns", { dataset }));
}

/** News of a file that is no longer the current one is no news. */
function patch(file: File, change: Partial<UploadState>): void {
  if (upload.value?.file === file) upload.value = { ...upload.value, ...change };
}
