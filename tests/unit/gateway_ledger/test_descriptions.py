"""What users write on a study, and studies that they put away."""

from __future__ import annotations

import pytest

from layerlab.domain.event import Event, EventType
from layerlab.domain.problem import Conflict, InvalidInput
from layerlab.domain.trial import StudyState
from services.gateway.ledger import Description, StudyQuery
from services.gateway.ledger.fold import fold
from services.gateway.ledger.snapshot import restore_snapshot, take_snapshot
from services.gateway.study_description import parse_description
from tests.unit.gateway_ledger.world import World, a_spec


async def ended_study(world: World) -> str:
    study_id = await world.running_study()
    await world.succeeded(study_id)
    await world.ledger.move_study(study_id, StudyState.SUCCEEDED)
    return study_id


async def events_of(world: World, study_id: str) -> list[Event]:
    return await world.store.read_events(study_id, 0, 1000)


async def test_what_is_left_out_of_a_description_stays(world: World) -> None:
    study_id = await world.running_study()
    await world.ledger.describe_study(study_id, Description("Wines", "from Piedmont", ("a", "b")))
    await world.ledger.describe_study(study_id, Description(tags=("c",)))

    study = (await world.ledger.get_study(study_id)).study

    assert (study.spec.name, study.note, study.tags) == ("Wines", "from Piedmont", ("c",))


async def test_saying_the_same_again_is_no_event(world: World) -> None:
    study_id = await world.running_study()
    await world.ledger.describe_study(study_id, Description(note="once"))
    before = await world.ledger.last_seq(study_id)

    await world.ledger.describe_study(study_id, Description(note="once"))

    assert await world.ledger.last_seq(study_id) == before


async def test_a_study_under_way_can_not_be_deleted(world: World) -> None:
    study_id = await world.running_study()

    with pytest.raises(Conflict, match="study_is_active"):
        await world.ledger.delete_study(study_id)


async def test_a_deleted_study_is_in_no_list_until_it_is_restored(world: World) -> None:
    study_id = await ended_study(world)
    await world.ledger.delete_study(study_id)

    assert not (await world.ledger.list_studies()).studies
    [found] = (await world.ledger.list_studies(StudyQuery(deleted=True))).studies
    assert found == await world.ledger.get_study(study_id)
    assert found.study.deleted_at is not None

    await world.ledger.restore_study(study_id)
    assert [each.study.study_id for each in (await world.ledger.list_studies()).studies] == [
        study_id
    ]


async def test_snapshot_and_log_say_the_same_of_a_described_study(world: World) -> None:
    study_id = await ended_study(world)
    await world.ledger.describe_study(study_id, Description("A", "b", ("c", "d")))
    await world.ledger.delete_study(study_id)

    record = fold(study_id, await events_of(world, study_id))

    assert record.found == (await world.ledger.get_study(study_id)).study
    restored = restore_snapshot(take_snapshot(record))
    assert restored is not None
    assert restored.found == record.found


async def test_who_follows_an_ended_study_is_told_what_was_written_and_let_go(
    world: World,
) -> None:
    study_id = await ended_study(world)
    end = await world.ledger.last_seq(study_id)
    await world.ledger.describe_study(study_id, Description(note="later"))

    told = [event.type async for event in world.ledger.follow(study_id, end)]

    assert told == [EventType.STUDY_DESCRIBED]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (StudyQuery(text="WINE"), {"wine"}),
        (StudyQuery(text="keep this"), {"cars"}),
        (StudyQuery(tags=frozenset({"red"})), {"wine", "cars"}),
        (StudyQuery(tags=frozenset({"red", "old"})), {"cars"}),
        (StudyQuery(states=frozenset({StudyState.SUCCEEDED})), {"cars"}),
        (StudyQuery(text="nothing like it"), set()),
    ],
)
async def test_studies_are_found_by_words_tags_and_states(
    world: World, query: StudyQuery, found: set[str]
) -> None:
    wine, cars = await world.running_study(), await ended_study(world)
    await world.ledger.create_study(a_spec())
    await world.ledger.describe_study(wine, Description("Wine tasting", tags=("red",)))
    await world.ledger.describe_study(cars, Description("Cars", "keep this", ("red", "old")))

    page = await world.ledger.list_studies(query)

    assert {each.study.study_id for each in page.studies} == {
        {"wine": wine, "cars": cars}[name] for name in found
    }


async def test_activity_goes_back_from_the_newest_without_epochs(world: World) -> None:
    study_id = await ended_study(world)
    log = await events_of(world, study_id)
    notable = [each.seq for each in log if each.type is not EventType.EPOCHS_REPORTED]

    seen, token = list[int](), ""
    while True:
        page = await world.ledger.list_activity(study_id, 3, token)
        seen += [each.seq for each in page.events]
        token = page.next_page_token
        if not token:
            break

    assert seen == notable[::-1]
    with pytest.raises(InvalidInput, match="invalid_page_token"):
        await world.ledger.list_activity(study_id, 3, "junk")


def test_names_and_tags_are_read_as_lines_without_repeats() -> None:
    asked = {"name": "  Two\nlines\u202e ", "note": "a\x00b\n\n c ", "tags": ["x", " x ", ""]}

    assert parse_description(asked) == Description("Two lines", "ab\n\n c", ("x",))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"note": "n" * 10_001}, "note"),
        ({"tags": ["t" * 41]}, "tags.0"),
        ({"tags": ["t"] * 21}, "tags"),
        ({"notes": "x"}, "notes"),
        ({"name": 3}, "name"),
    ],
)
def test_a_description_is_refused_by_its_field(document: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_description(document)

    assert refused.value.field == field
