/** What can be done with a study from the list. */

import { deleteStudy, restoreStudy } from "../../api/studies";
import type { DescribedStudy } from "../../api/studies";
import { isEndedStudy } from "../../format/words";
import { navigate, newStepAddress, studyAddress } from "../../router";
import { Icon } from "../../ui/icons";
import { Menu } from "../../ui/menu";
import { toast } from "../../ui/toast";

interface RowActionsProps {
  study: DescribedStudy;
  onChange: () => void;
}

export function RowActions({ study, onChange }: RowActionsProps) {
  if (study.deleted_at) return <RestoreButton study={study} onChange={onChange} />;
  const isActive = !isEndedStudy(study.state);
  return (
    <Menu
      label={`Actions for ${study.name}`}
      items={[
        {
          label: "Open",
          icon: "arrow",
          onChoose: () => navigate(studyAddress(study.study_id)),
        },
        {
          label: "Clone and edit",
          icon: "copy",
          onChoose: () =>
            navigate(newStepAddress("search", { dataset: study.dataset_id, from: study.study_id })),
        },
        {
          label: isActive ? "Delete (once it has ended)" : "Delete",
          icon: "trash",
          danger: !isActive,
          disabled: isActive,
          onChoose: () => void removeStudy(study, onChange),
        },
      ]}
    />
  );
}

function RestoreButton({ study, onChange }: RowActionsProps) {
  return (
    <button
      type="button"
      class="btn btn-quiet btn-small restore"
      aria-label={`Restore ${study.name}`}
      onClick={() => void bringBack(study, onChange)}
    >
      <Icon name="undo" />
      Restore
    </button>
  );
}

async function removeStudy(study: DescribedStudy, onChange: () => void): Promise<void> {
  const next = neighborOf(study.study_id);
  const undo = async (): Promise<void> => {
    await restoreStudy(study.study_id);
    onChange();
  };
  await tell(async () => {
    await deleteStudy(study.study_id);
    // The line, and the focus with it, is about to go.
    next?.focus();
    toast({ text: `“${study.name}” was deleted.`, undo });
    onChange();
  });
}

async function bringBack(study: DescribedStudy, onChange: () => void): Promise<void> {
  const next = neighborOf(study.study_id);
  await tell(async () => {
    await restoreStudy(study.study_id);
    next?.focus();
    toast({ text: `“${study.name}” is back among the studies.` });
    onChange();
  });
}

async function tell(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (problem) {
    toast({ text: problem instanceof Error ? problem.message : String(problem), tone: "bad" });
  }
}

/** The link of the line below, or above the last one; the heading where there is no other. */
function neighborOf(studyId: string): HTMLElement | null {
  const line = document.querySelector(`[data-study="${CSS.escape(studyId)}"]`);
  const other = line?.nextElementSibling ?? line?.previousElementSibling;
  return other?.querySelector<HTMLElement>("a.name") ?? document.getElementById("studies");
}
