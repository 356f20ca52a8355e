/** What else can be done with a study: clone, take away, delete and bring back. */

import { deleteStudy, exportPath, restoreStudy } from "../../../api/studies";
import type { Study } from "../../../api/types";
import { isEndedStudy } from "../../../format/words";
import { navigate, newStepAddress } from "../../../router";
import { Menu } from "../../../ui/menu";
import type { MenuItem } from "../../../ui/menu";
import { toast } from "../../../ui/toast";
import type { Asking } from "./use_answer";

export function StudyMenu({ study, asking }: { study: Study; asking: Asking }) {
  return <Menu label="More about this study" items={itemsOf(study, asking)} />;
}

function itemsOf(study: Study, asking: Asking): MenuItem[] {
  const { study_id: id, dataset_id: dataset } = study;
  return [
    {
      label: "Clone and edit",
      icon: "copy",
      href: newStepAddress("search", { dataset, from: id }),
    },
    { label: "Trials as CSV", icon: "download", href: exportPath(id, "csv") },
    { label: "Trials as JSON", icon: "download", href: exportPath(id, "json") },
    study.deleted_at === null ? deleteItem(study, asking) : restoreItem(study, asking),
  ];
}

function deleteItem(study: Study, asking: Asking): MenuItem {
  const isActive = !isEndedStudy(study.state);
  return {
    label: isActive ? "Delete (once it has ended)" : "Delete",
    icon: "trash",
    danger: !isActive,
    disabled: isActive,
    onChoose: () => void remove(study, asking),
  };
}

function restoreItem({ study_id }: Study, asking: Asking): MenuItem {
  return {
    label: "Restore",
    icon: "undo",
    onChoose: () => void asking.ask("restore", () => restoreStudy(study_id)),
  };
}

async function remove({ study_id, name }: Study, asking: Asking): Promise<void> {
  if (!(await asking.ask("delete", () => deleteStudy(study_id)))) return;
  navigate("/");
  toast({ text: `“${name}” was deleted.`, undo: () => bringBack(study_id, name) });
}

async function bringBack(studyId: string, name: string): Promise<void> {
  await restoreStudy(studyId);
  toast({ text: `“${name}” is back among the studies.` });
}
