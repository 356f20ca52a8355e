/** The studies, one a line: what is asked of which table, how far it is, what came out. */

import type { DescribedStudy } from "../../api/studies";
import { metricName, score } from "../../format/metric";
import { sentence } from "../../format/design_words";
import { count, counted } from "../../format/numbers";
import { ago, duration, etaRange } from "../../format/time";
import { isEndedStudy } from "../../format/words";
import { setQuery, studyAddress } from "../../router";
import { designsDone } from "../../state/progress";
import { Chip } from "../../ui/icons";
import { Meter } from "../../ui/meter";
import { StudyBadge } from "../../ui/state_badge";
import { toggled } from "./home_query";
import { RowActions } from "./row_actions";

interface StudyListProps {
  studies: readonly DescribedStudy[];
  picked: readonly string[];
  onChange: () => void;
}

export function StudyList({ studies, picked, onChange }: StudyListProps) {
  const now = Date.now();
  return (
    <ul class="study-list panel">
      {studies.map((study) => (
        <li key={study.study_id} data-study={study.study_id}>
          <PickBox study={study} picked={picked} />
          <Words study={study} />
          <span class="state">
            <StudyBadge state={study.state} />
          </span>
          <Progress study={study} />
          <Best study={study} />
          <span class="muted small when">{ago(study.created_at, now)}</span>
          <RowActions study={study} onChange={onChange} />
        </li>
      ))}
    </ul>
  );
}

function PickBox({ study, picked }: { study: DescribedStudy; picked: readonly string[] }) {
  const id = study.study_id;
  const pick = (): void => {
    const next = toggled(picked, id);
    setQuery({ pick: next.length > 0 ? next.join(",") : null }, { replace: true });
  };
  return (
    <label class="pick">
      <input
        class="form-check-input"
        type="checkbox"
        aria-label={`Compare ${study.name}`}
        checked={picked.includes(id)}
        onChange={pick}
      />
    </label>
  );
}

function Words({ study }: { study: DescribedStudy }) {
  const about = [`predicts ${study.target}`, study.dataset_name, study.task];
  return (
    <div class="words">
      <a class="name" href={studyAddress(study.study_id)}>
        {study.name}
      </a>
      <span class="muted small truncate">{about.filter(Boolean).join(" · ")}</span>
      {study.verdict_headline && (
        <span class="verdict-line small" title={study.verdict_headline}>
          {sentence(study.verdict_headline)}
        </span>
      )}
      {study.tags && study.tags.length > 0 && (
        <span class="tags">
          {study.tags.map((tag) => (
            <Chip key={tag}>{tag}</Chip>
          ))}
        </span>
      )}
    </div>
  );
}

/** A bar while there is something to wait for; afterwards what it took. */
function Progress({ study }: { study: DescribedStudy }) {
  const { total, elapsed_seconds, eta_low_seconds, eta_high_seconds } = study.progress;
  const done = designsDone(study);
  const designs =
    done === total ? counted(done, "design") : `${count(done)} of ${count(total)} designs`;
  if (isEndedStudy(study.state)) {
    return (
      <span class="progress-cell muted small">
        {designs} in {duration(elapsed_seconds)}
      </span>
    );
  }
  const hasEta = study.state === "RUNNING" && eta_high_seconds !== null;
  return (
    <span class="progress-cell">
      <Meter study={study} />
      <span class="muted small">
        {designs}
        {hasEta && ` · ${etaRange(eta_low_seconds, eta_high_seconds)} left`}
      </span>
    </span>
  );
}

function Best({ study }: { study: DescribedStudy }) {
  return (
    <span class="best">
      <strong>{score(study.best?.score_val, study.metric)}</strong>
      <span class="muted small">
        {study.best ? `best ${metricName(study.metric)}` : "no score yet"}
      </span>
    </span>
  );
}
