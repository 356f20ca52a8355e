import { counted } from "../../format/numbers";
import { compareStudiesAddress, setQuery } from "../../router";
import { Icon } from "../../ui/icons";

/** What to do with the studies that are ticked. */
export function PickBar({ picked }: { picked: readonly string[] }) {
  const isEnough = picked.length >= 2;
  return (
    <div class="pick-bar" role="region" aria-label="Picked studies">
      <span>
        {counted(picked.length, "study", "studies")} picked
        {!isEnough && <span class="muted"> · pick one more to compare</span>}
      </span>
      <span class="row">
        <button
          type="button"
          class="btn btn-quiet btn-small"
          onClick={() => setQuery({ pick: null }, { replace: true })}
        >
          Clear
        </button>
        {isEnough && (
          <a class="btn btn-primary btn-small" href={compareStudiesAddress(picked)}>
            <Icon name="compare" />
            Compare
          </a>
        )}
      </span>
    </div>
  );
}
