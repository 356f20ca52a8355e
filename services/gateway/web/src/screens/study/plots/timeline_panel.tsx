/** When which worker trained what. */

import { useCallback, useMemo } from "preact/hooks";
import type { Purpose } from "../../../api/types";
import { ChartPanel } from "../../../charts/chart_panel";
import { baseAxis, baseLayout } from "../../../charts/plot";
import { plainText } from "../../../charts/theme";
import type { ChartTheme } from "../../../charts/theme";
import { PURPOSE_WORDS } from "../../../format/design_words";
import { counted } from "../../../format/numbers";
import { duration } from "../../../format/time";
import type { StudyView } from "../../../state/fold";
import { staysOf } from "./timeline";
import type { Stay } from "./timeline";

// In the order in which a study comes to them; each has a color and a pattern of its own.
const PURPOSES: readonly [Purpose, string][] = [
  ["search", ""],
  ["baseline", "/"],
  ["confirm", "x"],
  ["ablation", "."],
  ["rows", "-"],
];
const ROW_HEIGHT = 34;

export function TimelinePanel({ view }: { view: StudyView }) {
  const stays = useMemo(() => staysOf(view.trials.values(), Date.now()), [view]);
  const workers = useMemo(() => [...new Set(stays.map((each) => each.workerId))].sort(), [stays]);
  const draw = useCallback(
    (theme: ChartTheme, width: number) => ({
      traces: PURPOSES.flatMap(([purpose, pattern], place) => {
        const its = stays.filter((each) => each.purpose === purpose);
        return its.length === 0 ? [] : [bars(theme, its, purpose, pattern, place)];
      }),
      layout: {
        ...baseLayout(theme),
        barmode: "overlay",
        bargap: 0.3,
        xaxis: {
          ...baseAxis(theme),
          type: "date",
          tickangle: 0,
          nticks: Math.max(2, Math.floor(width / 130)),
        },
        yaxis: {
          ...baseAxis(theme),
          type: "category",
          categoryarray: workers.map(plainText),
          showgrid: false,
        },
        uirevision: "timeline",
      },
    }),
    [stays, workers],
  );
  return (
    <ChartPanel
      study={view.study}
      title="Who trained when"
      subtitle="A bar is a cohort of designs that trained together"
      label={`Timeline of ${counted(stays.length, "cohort")} on ${counted(workers.length, "worker")}.`}
      draw={draw}
      height={80 + workers.length * ROW_HEIGHT}
      table={{
        columns: [
          { label: "Worker" },
          { label: "Cohort" },
          { label: "For" },
          { label: "From" },
          { label: "Time", isNumber: true },
          { label: "Designs", isNumber: true },
          { label: "Attempt", isNumber: true },
        ],
        rows: stays.map((each) => [
          each.workerId,
          each.cohortId,
          PURPOSE_WORDS[each.purpose],
          new Date(each.start).toLocaleTimeString(),
          duration((each.end - each.start) / 1000),
          String(each.trials),
          String(each.attempt),
        ]),
      }}
      footer={<Legend stays={stays} />}
      empty={
        stays.length > 0
          ? null
          : { title: "Nothing has been trained yet", text: "The first cohort makes a bar." }
      }
    />
  );
}

/** Plotly writes every time as if this were Greenwich. */
function localTime(at: number): number {
  return at - new Date(at).getTimezoneOffset() * 60_000;
}

function Legend({ stays }: { stays: readonly Stay[] }) {
  const known = new Set(stays.map((each) => each.purpose));
  return (
    <ul class="legend" aria-hidden="true">
      {PURPOSES.map(
        ([purpose], place) =>
          known.has(purpose) && (
            <li key={purpose}>
              <i style={{ background: `var(--line-${place + 1})` }} />
              {PURPOSE_WORDS[purpose]}
            </li>
          ),
      )}
    </ul>
  );
}

function bars(
  theme: ChartTheme,
  stays: readonly Stay[],
  purpose: Purpose,
  pattern: string,
  place: number,
) {
  return {
    type: "bar",
    orientation: "h",
    name: PURPOSE_WORDS[purpose],
    y: stays.map((each) => plainText(each.workerId)),
    base: stays.map((each) => localTime(each.start)),
    // What took no time at all is still there to be seen.
    x: stays.map((each) => Math.max(1, each.end - each.start)),
    text: stays.map(
      (each) =>
        `${counted(each.trials, "design")}, ${duration((each.end - each.start) / 1000)}` +
        (each.attempt > 1 ? `, attempt ${each.attempt}` : ""),
    ),
    textposition: "none",
    hovertemplate: "%{y}: %{text}<extra>%{fullData.name}</extra>",
    marker: {
      color: theme.lines[place],
      pattern: { shape: pattern, fgcolor: theme.surface, bgcolor: theme.lines[place], size: 6, solidity: 0.35 },
      line: { color: theme.surface, width: 1 },
    },
  };
}
