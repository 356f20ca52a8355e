/** A network as bars from input to output, each as high as its width's logarithm. */

import type { Design, Study } from "../../../api/types";
import { count } from "../../../format/numbers";
import { layersOf, networkWords } from "./network";
import type { Layer } from "./network";

const HIGHEST = 96;
const LOWEST = 14;
// As high as a layer of so many units: what isn't known should neither vanish nor lead.
const UNKNOWN_WIDTH = 16;
const WIDEST_LOG = 12;

interface NetworkDiagramProps {
  design: Design;
  task: Study["task"];
}

export function NetworkDiagram({ design, task }: NetworkDiagramProps) {
  const words = networkWords(design, task);
  return (
    <figure class="network" tabIndex={0} aria-label={words}>
      <ol>
        {layersOf(design, task).map((layer) => (
          <LayerColumn key={layer.name} layer={layer} />
        ))}
      </ol>
      <figcaption class="muted small">{words}</figcaption>
    </figure>
  );
}

function LayerColumn({ layer }: { layer: Layer }) {
  const isEnd = !layer.name.startsWith("Hidden");
  const height = barHeight(layer.width ?? UNKNOWN_WIDTH);
  return (
    <li class={isEnd ? "end" : undefined}>
      <svg viewBox={`0 0 26 ${HIGHEST}`} width="26" height={HIGHEST} aria-hidden="true">
        <rect x="1" y={(HIGHEST - height) / 2} width="24" height={height} rx="6" />
      </svg>
      <strong>{layer.width === null ? layer.name : count(layer.width)}</strong>
      <span class="muted small">
        {layer.width !== null && `${layer.name} · `}
        {layer.parts.join(", ")}
      </span>
    </li>
  );
}

/** Pixels; twice the units are always the same step more. */
export function barHeight(width: number): number {
  const share = Math.min(1, Math.log2(Math.max(1, width)) / WIDEST_LOG);
  return LOWEST + share * (HIGHEST - LOWEST);
}
