"""Any value of the domain, for round-trip tests."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from layerlab.domain.baseline import Baseline
from layerlab.domain.cohort_stats import CohortStats
from layerlab.domain.constraints import Constraints
from layerlab.domain.dataset import Column, ColumnKind, Dataset, DataWarning, Task, TopValue
from layerlab.domain.design import (
    Activation,
    ClassWeight,
    Design,
    Norm,
    Optimizer,
    Schedule,
)
from layerlab.domain.event import Event, EventType
from layerlab.domain.exchange import Claim, ClaimOutcome, ReportAck, ReportBatch, StudyDelta
from layerlab.domain.halving import Halving, Rung
from layerlab.domain.matrices import MatricesHeader, MatrixChunk, MatrixSpec, Part, Split
from layerlab.domain.metric import Metric
from layerlab.domain.presets import PRESETS, preset_space
from layerlab.domain.receipt import Receipt
from layerlab.domain.recipe import RecipeName
from layerlab.domain.spec import Budget, Engine, Replay, Search, StudyKind, StudySpec, VerdictMode
from layerlab.domain.splitting import SplitMethod, SplitSpec
from layerlab.domain.study import (
    Assignment,
    Cohort,
    CohortRef,
    EpochReport,
    Proposal,
    Purpose,
    Standing,
    Study,
    TestScore,
    Trial,
    TrialEnd,
)
from layerlab.domain.table_shape import TableShape
from layerlab.domain.trial import (
    CohortState,
    FailureReason,
    StopReason,
    StudyState,
    TrialState,
)
from layerlab.domain.verdict import (
    Comparison,
    Contender,
    CurveStep,
    Effect,
    Importance,
    Interval,
    Outcome,
    Relation,
    Verdict,
)
from layerlab.domain.worker import HeldCohort, Worker

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.text("abc-0_", min_size=1, max_size=12)
numbers = st.integers(1, 2**32 - 1)
counts = st.integers(0, 2**53 - 1)
floats = st.floats(allow_nan=False, allow_infinity=False)
times = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))
maybe_float = st.none() | floats
maybe_time = st.none() | times

designs = st.builds(
    Design,
    hidden=st.lists(st.integers(1, 512), max_size=6).map(tuple),
    activation=st.sampled_from(Activation),
    norm=st.sampled_from(Norm),
    dropout=st.floats(0, 0.99),
    residual=st.booleans(),
    optimizer=st.sampled_from(Optimizer),
    learning_rate=st.floats(1e-9, 10),
    weight_decay=st.floats(0, 10),
    batch_size=st.integers(1, 65536),
    momentum=st.floats(0, 0.99),
    schedule=st.sampled_from(Schedule),
    warmup_epochs=st.floats(0, 10_000),
    class_weight=st.sampled_from(ClassWeight),
    recipe=st.none() | st.sampled_from(RecipeName),
    missing_indicators=st.booleans(),
    group_rare=st.booleans(),
)
columns = st.builds(
    Column,
    name=texts,
    kind=st.sampled_from(ColumnKind),
    reason=texts,
    missing=counts,
    distinct=counts,
    minimum=maybe_float,
    maximum=maybe_float,
    mean=maybe_float,
    infinite=counts,
    integers=st.booleans(),
    top=st.lists(st.builds(TopValue, value=texts, count=counts), max_size=2).map(tuple),
)
warnings = st.builds(DataWarning, code=names, detail=texts, column=texts)
datasets = st.builds(
    Dataset,
    dataset_id=names,
    name=texts,
    rows=counts,
    size_bytes=counts,
    columns=st.lists(columns, max_size=3).map(tuple),
    suggested_target=texts,
    suggested_task=st.sampled_from(Task),
    warnings=st.lists(warnings, max_size=2).map(tuple),
    created_at=times,
    encoding=names,
    delimiter=st.sampled_from(",;\t|"),
)
splits_of_rows = st.builds(
    SplitSpec, method=st.sampled_from(SplitMethod), column=texts, folds=st.integers(3, 10)
)
kinds = st.dictionaries(texts, st.sampled_from(ColumnKind), max_size=2)
specs = st.builds(
    StudySpec,
    dataset_id=names,
    target=texts,
    task=st.sampled_from(Task),
    space=st.builds(preset_space, st.sampled_from(sorted(PRESETS)), st.integers(1, 10**7)),
    budget=st.builds(
        Budget,
        max_trials=st.none() | numbers,
        max_epochs=numbers,
        time_seconds=st.none() | st.floats(1, 1e6),
    ),
    name=texts,
    preset=names,
    search=st.sampled_from(Search),
    recipe=st.sampled_from(RecipeName),
    engine=st.sampled_from(Engine),
    seed=counts,
    column_kinds=kinds,
    halving=st.none() | st.builds(Halving, factor=numbers, min_epochs=numbers),
    metric=st.sampled_from(Metric),
    split=splits_of_rows,
    constraints=st.builds(
        Constraints, max_params=st.none() | counts, max_trial_seconds=maybe_float
    ),
    designs=st.lists(designs, max_size=2).map(tuple),
    verdict=st.sampled_from(VerdictMode),
    kind=st.sampled_from(StudyKind),
    replay=st.none()
    | st.builds(Replay, seed=counts, repeat=numbers, share=st.floats(0.1, 1), epochs=numbers),
)
intervals = st.builds(Interval, low=floats, high=floats, level=floats)
comparisons = st.builds(
    Comparison,
    first=names,
    second=names,
    relation=st.sampled_from(Relation),
    repeats=numbers,
    difference=maybe_float,
    interval=st.none() | intervals,
    sentence=texts,
)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    metric=st.sampled_from(Metric),
    is_final=st.booleans(),
    round=numbers,
    winner=st.none() | names,
    smallest=st.none() | names,
    contenders=st.lists(
        st.builds(
            Contender,
            name=names,
            trial=st.none() | numbers,
            baseline=st.none() | st.sampled_from(Baseline),
            design=st.none() | designs,
            n_params=st.none() | counts,
            repeats=numbers,
            mean=maybe_float,
            interval=st.none() | intervals,
            test_interval=st.none() | intervals,
        ),
        max_size=2,
    ).map(tuple),
    survivors=st.lists(names, max_size=2).map(tuple),
    rivals=st.lists(comparisons, max_size=2).map(tuple),
    baselines=st.lists(comparisons, max_size=2).map(tuple),
    ablation=st.lists(
        st.builds(
            Effect,
            field=names,
            before=texts,
            after=texts,
            repeats=numbers,
            difference=maybe_float,
            interval=st.none() | intervals,
            relation=st.sampled_from(Relation),
        ),
        max_size=2,
    ).map(tuple),
    importances=st.lists(st.builds(Importance, field=names, share=floats), max_size=2).map(tuple),
    learning_curve=st.lists(
        st.builds(
            CurveStep,
            name=names,
            share=floats,
            rows=numbers,
            repeats=numbers,
            mean=floats,
            interval=st.none() | intervals,
        ),
        max_size=2,
    ).map(tuple),
    headline=texts,
    sentences=st.lists(texts, max_size=2).map(tuple),
    limits=st.lists(texts, max_size=2).map(tuple),
)
studies = st.builds(
    Study,
    study_id=names,
    spec=specs,
    state=st.sampled_from(StudyState),
    created_at=times,
    started_at=maybe_time,
    ended_at=maybe_time,
    detail=texts,
    table=st.none()
    | st.builds(
        TableShape, train_rows=counts, val_rows=counts, n_inputs=numbers, n_outputs=numbers
    ),
    verdict=st.none() | verdicts,
)
trials = st.builds(
    Trial,
    number=numbers,
    design=designs,
    seed=counts,
    engine=st.sampled_from(Engine),
    cohort_id=names,
    state=st.sampled_from(TrialState),
    attempt=numbers,
    worker_id=names,
    reason=st.none() | st.sampled_from(FailureReason),
    stop_reason=st.none() | st.sampled_from(StopReason),
    detail=texts,
    score_val=maybe_float,
    score_test=maybe_float,
    val_loss=maybe_float,
    best_epoch=st.none() | numbers,
    epochs=numbers,
    fit_time_seconds=maybe_float,
    n_params=st.none() | counts,
    created_at=maybe_time,
    started_at=maybe_time,
    ended_at=maybe_time,
    has_model=st.booleans(),
    purpose=st.sampled_from(Purpose),
    repeat=numbers,
    share=floats,
    baseline=st.none() | st.sampled_from(Baseline),
)
refs = st.builds(CohortRef, study_id=names, cohort_id=names, traceparent=names)
rungs = st.lists(st.builds(Rung, epoch=numbers, keep=numbers), max_size=3).map(tuple)
stats = st.builds(
    CohortStats,
    lanes=numbers,
    groups=numbers,
    padding_share=floats,
    predicted_bytes=counts,
    peak_bytes=st.none() | counts,
    train_seconds=floats,
    flops=floats,
)
receipts = st.builds(
    Receipt,
    split_sha256=names,
    recipe_sha256=names,
    versions=st.dictionaries(names, texts, max_size=2),
    machine=st.dictionaries(names, texts, max_size=2),
)
cohorts = st.builds(
    Cohort,
    cohort_id=names,
    study_id=names,
    purpose=st.sampled_from(Purpose),
    numbers=st.lists(numbers, max_size=4).map(tuple),
    state=st.sampled_from(CohortState),
    attempt=numbers,
    worker_id=names,
    incarnation=names,
    rungs=rungs,
    stats=st.none() | stats,
    receipt=st.none() | receipts,
)
proposals = st.builds(
    Proposal,
    number=numbers,
    design=designs,
    seed=counts,
    repeat=numbers,
    share=floats,
    baseline=st.none() | st.sampled_from(Baseline),
)
assignments = st.builds(
    Assignment,
    study_id=names,
    cohort_id=names,
    purpose=st.sampled_from(Purpose),
    attempt=numbers,
    lease_seconds=floats,
    spec=specs,
    lanes=st.lists(proposals, max_size=2).map(tuple),
    seconds_left=maybe_float,
    best=st.none() | st.builds(Standing, score=floats, n_params=counts, number=numbers),
    rungs=rungs,
)
claims = st.builds(
    Claim,
    outcome=st.sampled_from(ClaimOutcome),
    assignment=st.none() | assignments,
    retry_after_seconds=floats,
)
deltas = st.builds(
    StudyDelta,
    study=studies,
    trials=st.lists(trials, max_size=2).map(tuple),
    cohorts=st.lists(cohorts, max_size=2).map(tuple),
    seq=counts,
    complete=st.booleans(),
    seconds_left=maybe_float,
)
epoch_reports = st.builds(
    EpochReport,
    number=numbers,
    epoch=numbers,
    train_loss=maybe_float,
    val_loss=maybe_float,
    score_val=maybe_float,
    elapsed_seconds=floats,
)
ends = st.builds(
    TrialEnd,
    number=numbers,
    state=st.sampled_from(TrialState),
    reason=st.none() | st.sampled_from(FailureReason),
    stop_reason=st.none() | st.sampled_from(StopReason),
    detail=texts,
    score_val=maybe_float,
    val_loss=maybe_float,
    best_epoch=st.none() | numbers,
    epochs=numbers,
    fit_time_seconds=floats,
    n_params=st.none() | counts,
    has_model=st.booleans(),
)
batches = st.builds(
    ReportBatch,
    message_number=counts,
    epochs=st.lists(epoch_reports, max_size=3).map(tuple),
    ends=st.lists(ends, max_size=2).map(tuple),
    test_scores=st.lists(
        st.builds(TestScore, number=numbers, score=floats, rows=counts), max_size=2
    ).map(tuple),
    stats=st.none() | stats,
    receipt=st.none() | receipts,
)
acks = st.builds(
    ReportAck,
    acknowledged=counts,
    stale=st.booleans(),
    cancelled=st.booleans(),
    stop_trials=st.lists(numbers, max_size=3).map(tuple),
)
held_cohorts = st.builds(HeldCohort, study_id=names, cohort_id=names, attempt=numbers)
workers = st.builds(
    Worker,
    worker_id=names,
    incarnation=names,
    host=names,
    pid=numbers,
    device=names,
    threads=numbers,
    version=names,
    heartbeat_at=times,
    study_id=names,
    cohort_id=names,
    attempt=numbers,
    draining=st.booleans(),
    also_holds=st.lists(held_cohorts, max_size=2).map(tuple),
)
matrix_specs = st.builds(
    MatrixSpec,
    dataset_id=names,
    target=texts,
    task=st.sampled_from(Task),
    recipe=st.sampled_from(RecipeName),
    seed=counts,
    column_kinds=kinds,
    split=splits_of_rows,
    repeat=numbers,
    missing_indicators=st.booleans(),
    group_rare=st.booleans(),
)
matrix_messages = st.builds(
    MatrixChunk, part=st.sampled_from(Part), name=st.sampled_from("xy"), data=st.binary()
) | st.builds(
    MatricesHeader,
    recipe_json=texts,
    n_inputs=numbers,
    n_outputs=numbers,
    n_train=counts,
    n_validation=counts,
    n_test=counts,
    split_sha256=names,
)
rows = st.lists(counts, max_size=5).map(tuple)
splits = st.builds(Split, train=rows, validation=rows, test=rows)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    Event,
    seq=counts,
    time=times,
    type=st.sampled_from(EventType),
    subject=names,
    data=st.dictionaries(texts, documents, max_size=4),
)
