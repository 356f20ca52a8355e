import type { Study } from "../../api/types";
import { metricName, score } from "../../format/metric";
import { count } from "../../format/numbers";
import { ago } from "../../format/time";
import { studyAddress } from "../../router";
import { useNow } from "../../ui/hooks";
import { Meter } from "../../ui/meter";
import { StudyBadge } from "../../ui/state_badge";

export function StudyList({ studies }: { studies: readonly Study[] }) {
  const now = useNow();
  return (
    <ul class="study-list panel">
      {studies.map((study) => (
        <li key={study.study_id}>
          <a href={studyAddress(study.study_id)}>
            <span>
              <span class="name truncate" style={{ display: "block" }}>
                {study.name}
              </span>
              <span class="muted small truncate" style={{ display: "block" }}>
                {[study.task, study.preset, study.dataset_name].filter(Boolean).join(" · ")}
              </span>
            </span>
            <span>
              <StudyBadge state={study.state} />
            </span>
            <span class="progress-cell">
              <Meter study={study} />
              <span class="muted small">
                {count(study.progress.done)} of {count(study.progress.total)} designs
              </span>
            </span>
            <span class="best">
              <strong>{score(study.best?.score_val, study.metric)}</strong>
              <span class="muted small" style={{ display: "block" }}>
                {study.best ? `best ${metricName(study.metric)}` : "no score yet"}
              </span>
            </span>
            <span class="muted small when">{ago(study.created_at, now)}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}
