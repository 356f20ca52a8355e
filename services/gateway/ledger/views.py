"""What the ledger answers to the world: frozen values, made from the record at one `seq`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from layerlab.domain.design import Design
from layerlab.domain.event import Event
from layerlab.domain.study import Cohort, Progress, Purpose, Study, Trial
from layerlab.domain.trial import StudyState, TrialState


class StudyVerb(StrEnum):
    """What a user can do to a study that exists."""

    SUSPEND = "suspend"
    RESUME = "resume"
    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study, how far it is, its leader (None until a trial has succeeded), its last event.

    `headline` is its last verdict's, empty without one: a view from a list has no more of it.
    """

    study: Study
    progress: Progress
    best: Trial | None
    seq: int
    headline: str = ""


@dataclass(frozen=True, slots=True)
class StudyQuery:
    """Which studies: in one of the `states` (none: any), with all of the `tags`, and `text` in
    their name, target, note or tags, in any case. `deleted`: those that were, instead of the
    others. `page_size` is 1 to 1000."""

    page_size: int = 100
    page_token: str = ""
    text: str = ""
    states: frozenset[StudyState] = frozenset()
    tags: frozenset[str] = frozenset()
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Newest first. An empty token: there are no more."""

    studies: tuple[StudyView, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class TrialQuery:
    """Which trials, in which order.

    `order_by` is a field of a trial or of a design, or `n_layers`; "-" before it: descending, of
    scores the best first, whatever the metric.
    Trials without a value come last either way. Of equal scores those of trials that succeeded
    come first, then the smaller networks, as in the ranking; other equals come by number.
    `page_size` is 1 to 1000. No `states`, no `purposes`: all of them. `where` are conditions and
    `text` words (`trial_filters`). `skip` leaves out so many, instead of a token.
    """

    order_by: str = "-score_val"
    page_size: int = 100
    page_token: str = ""
    states: frozenset[TrialState] = frozenset()
    purposes: frozenset[Purpose] = frozenset({Purpose.SEARCH})
    where: tuple[str, ...] = ()
    text: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True)
class TrialPage:
    """`total_size` counts what the query matches on all pages. An empty token: no more."""

    trials: tuple[Trial, ...]
    next_page_token: str
    total_size: int


@dataclass(frozen=True, slots=True)
class TrialSelection:
    """All that a query matches. Events after `seq` are not in it yet."""

    seq: int
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True)
class ActivityPage:
    """Newest first, without reports of epochs. An empty token: there is nothing older."""

    events: tuple[Event, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class CohortPage:
    """`total_size` counts those of all pages. An empty token: no more."""

    cohorts: tuple[Cohort, ...]
    next_page_token: str
    total_size: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One epoch of a trial's current attempt; units as in `EpochReport`."""

    epoch: int
    train_loss: float | None
    val_loss: float | None
    score_val: float | None
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class KnownDesign:
    """A design that was asked for before; `number` of its trial, None while it has none."""

    design: Design
    number: int | None


@dataclass(frozen=True, slots=True)
class AddedDesigns:
    """What became of designs that a user has added to a study: `added` will be tried next."""

    added: tuple[Design, ...]
    known: tuple[KnownDesign, ...]
