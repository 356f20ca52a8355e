/** The four verbs: each a button, with a word on what it does. */

import { useId, useState } from "preact/hooks";
import { commandStudy } from "../../../api/client";
import type { Verb } from "../../../api/client";
import type { Study, StudyState } from "../../../api/types";
import { Confirm } from "../../../ui/dialog";
import { Icon } from "../../../ui/icons";
import type { IconName } from "../../../ui/icons";
import { counted } from "../../../format/numbers";
import type { Asking } from "./use_answer";

interface VerbLook {
  verb: Verb;
  label: string;
  icon: IconName;
  /** What it does, in a few words. */
  does: string;
  /** The states that the server lets a user move a study from. */
  from: readonly StudyState[];
}

const VERBS: readonly VerbLook[] = [
  {
    verb: "resume",
    label: "Resume",
    icon: "play",
    does: "go on with the search",
    from: ["SUSPENDED"],
  },
  {
    verb: "suspend",
    label: "Suspend",
    icon: "pause",
    does: "no new designs for now",
    from: ["PENDING", "RUNNING"],
  },
  {
    verb: "stop",
    label: "Stop",
    icon: "stop",
    does: "let running ones end, keep the best",
    from: ["PENDING", "RUNNING", "SUSPENDED"],
  },
  {
    verb: "cancel",
    label: "Cancel",
    icon: "cross",
    does: "end now, lose running ones",
    from: ["PENDING", "RUNNING", "SUSPENDED", "STOPPING"],
  },
];

export function verbsOf(state: StudyState): readonly VerbLook[] {
  return VERBS.filter(({ from }) => from.includes(state));
}

export function StudyVerbs({ study, asking }: { study: Study; asking: Asking }) {
  const [confirms, setConfirms] = useState(false);
  const command = (verb: Verb): void =>
    void asking.ask(verb, () => commandStudy(study.study_id, verb));
  const verbs = verbsOf(study.state);
  if (verbs.length === 0) return null;
  return (
    <>
      <div class="verbs" role="group" aria-label="What to do with this study">
        {verbs.map((each) => (
          <VerbButton
            key={each.verb}
            look={each}
            asking={asking}
            onPress={() => (each.verb === "cancel" ? setConfirms(true) : command(each.verb))}
          />
        ))}
      </div>
      {confirms && (
        <Confirm
          title="Cancel this study?"
          text={cancelWords(study)}
          verb="Cancel the study"
          danger
          onConfirm={() => command("cancel")}
          onClose={() => setConfirms(false)}
        />
      )}
    </>
  );
}

interface VerbButtonProps {
  look: VerbLook;
  asking: Asking;
  onPress: () => void;
}

function VerbButton({ look: { verb, label, icon, does }, asking, onPress }: VerbButtonProps) {
  const id = useId();
  return (
    <div class="verb">
      <button
        type="button"
        class={`btn ${verb === "cancel" ? "btn-danger" : "btn-quiet"}`}
        aria-describedby={id}
        disabled={asking.busy !== null}
        onClick={onPress}
      >
        <Icon name={asking.busy === verb ? "spinner" : icon} />
        {label}
      </button>
      <span id={id} class="muted">
        {does}
      </span>
    </div>
  );
}

function cancelWords({ progress }: Study): string {
  const { done, running } = progress;
  const lost = running > 0 ? ` ${counted(running, "design")} in training will be lost.` : "";
  return (
    `It ends now, and no test score is measured.${lost} The ${counted(done, "design")} that ` +
    `ended stay on the leaderboard. To finish with the best one instead, use Stop.`
  );
}
