/** How the best score of several studies grew, on the same axes. */

import { useCallback, useMemo } from "preact/hooks";
import { getTrialColumns } from "../../api/client";
import type { Study } from "../../api/types";
import { OverWhat, axisTitle, isOverTime } from "../../charts/best_axis";
import { bestSoFar } from "../../charts/best_so_far";
import { ChartPanel } from "../../charts/chart_panel";
import { DASHES, LineKey, MARKERS } from "../../charts/lines";
import { baseAxis, baseLayout } from "../../charts/plot";
import type { Drawing } from "../../charts/plot";
import { scoreAxisRange } from "../../charts/points";
import type { TableData } from "../../charts/table_data";
import { plainText } from "../../charts/theme";
import type { ChartTheme } from "../../charts/theme";
import { axisFormat, hoverFormat, metricLabel, metricName, score } from "../../format/metric";
import { counted } from "../../format/numbers";
import { trialsOf } from "../../state/columns";
import { useResource } from "../../state/resource";
import { Blank, ProblemNote, Skeleton } from "../../ui/blank";
import { raceOf } from "./races";
import type { Race } from "./races";

/** Of studies that are judged by one metric; at most six have colors of their own. */
export function RacesPanel({ studies }: { studies: readonly Study[] }) {
  const ids = studies.map(({ study_id }) => study_id);
  const found = useResource(() => Promise.all(ids.map((id) => getTrialColumns(id))), [ids.join()]);
  const overTime = isOverTime();
  const [first] = studies as readonly [Study, ...Study[]];
  const races = useMemo(() => {
    const answers = found.value ?? [];
    return answers.map((answer, place): Race => {
      const study = studies[place] ?? first;
      return raceOf(study, bestSoFar(trialsOf(answer), study.metric), overTime);
    });
  }, [found.value, overTime]);
  const draw = useCallback((theme: ChartTheme) => drawRaces(theme, races, overTime), [races, overTime]);
  const empty = races.some(({ steps }) => steps.length > 0) ? null : (
    <Nothing error={found.error} loaded={found.value !== null} retry={found.reload} />
  );
  return (
    <ChartPanel
      study={{ study_id: first.study_id, name: "studies" }}
      title="Best so far"
      subtitle={`Best validation ${metricLabel(first.metric)} of each study`}
      label={spoken(races)}
      draw={draw}
      table={tableOf(races, overTime)}
      empty={empty}
      controls={<OverWhat overTime={overTime} />}
      footer={<Legend races={races} />}
    />
  );
}

function Nothing({ error, loaded, retry }: { error: unknown; loaded: boolean; retry: () => void }) {
  if (error !== null) return <ProblemNote error={error} onRetry={retry} />;
  if (!loaded) return <Skeleton label="Loading the trials" />;
  return <Blank icon="chart" title="No design has ended yet" text="The first one starts a line." />;
}

function drawRaces(theme: ChartTheme, races: readonly Race[], overTime: boolean): Drawing {
  const metric = races[0]?.study.metric ?? "accuracy";
  const traces = races.map(({ study, steps, end }, place) => {
    const last = steps.at(-1);
    const drawn = last && end > last.at ? [...steps, { ...last, at: end }] : steps;
    return {
      type: "scatter",
      mode: "lines+markers",
      name: plainText(study.name),
      x: drawn.map(({ at }) => at),
      y: drawn.map(({ best }) => best),
      line: { color: theme.lines[place], width: 2.2, dash: DASHES[place], shape: "hv" },
      marker: { symbol: MARKERS[place], size: 6, maxdisplayed: 8 },
      hovertemplate: `${plainText(study.name)}<br>%{y:${hoverFormat(metric)}} after %{x}<extra></extra>`,
    };
  });
  const title = axisTitle(overTime);
  const scores = races.flatMap(({ steps }) => steps.map(({ best }) => best));
  const layout = {
    ...baseLayout(theme),
    xaxis: { ...baseAxis(theme, title), showgrid: false, rangemode: "tozero" },
    yaxis: {
      ...baseAxis(theme),
      tickformat: axisFormat(metric),
      range: scoreAxisRange(scores, metric),
    },
    uirevision: `races ${title}`,
  };
  return { traces, layout };
}

function spoken(races: readonly Race[]): string {
  const parts = races.map(({ study, steps, designs }) => {
    const best = score(steps.at(-1)?.best ?? null, study.metric);
    return `${study.name}: ${metricName(study.metric)} ${best} after ${counted(designs, "design")}`;
  });
  return `Best so far. ${parts.join("; ")}.`;
}

function Legend({ races }: { races: readonly Race[] }) {
  return (
    <ul class="legend" aria-hidden="true">
      {races.map(({ study }, place) => (
        <LineKey key={study.study_id} index={place}>
          {study.name}
        </LineKey>
      ))}
    </ul>
  );
}

function tableOf(races: readonly Race[], overTime: boolean): TableData {
  return {
    columns: [
      { label: "Study" },
      { label: overTime ? "Seconds" : "After designs", isNumber: true },
      { label: "Best", isNumber: true },
    ],
    rows: races.flatMap(({ study, steps }) =>
      steps.map(({ at, best }) => [
        study.name,
        overTime ? at.toFixed(1) : String(at),
        score(best, study.metric),
      ]),
    ),
  };
}
