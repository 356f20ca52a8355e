/** A file on its way from where it was dropped to the screen that uploads it. */

import { signal } from "@preact/signals";
import { navigate, newStudyAddress } from "../router";

/** Whoever takes the file puts null in its place. */
export const handedOver = signal<File | null>(null);

export function startStudyWith(file: File): void {
  handedOver.value = file;
  navigate(newStudyAddress());
}
