"""What an admin's call to put a course into the catalogue or to change it comes to."""

from dataclasses import replace
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from db.tables import AuditEntryRow, CourseRow, TierRow
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import CourseSaved, InvalidInput, NotFound
from gateway.services.core.model.values import Course, Described, Money, Tier
from gateway.services.rows.lookups import COURSE_BY_ID
from tests.service import ADMIN, BASIC, PREMIUM, STANDARD, TIERS, Service

pytestmark = pytest.mark.anyio


def saving(*tiers: Tier, course: Course | None = None, title: str = "Yoga", key: str | None = None) -> SaveCourse:
    course_id = uuid7() if course is None else course.id
    return SaveCourse(ADMIN, course_id, course is None, title, tiers or TIERS, key=key)


async def test_a_new_course_is_stored_with_its_tiers_lowest_rank_first(service: Service) -> None:
    course = await service.save_course(PREMIUM, BASIC, STANDARD)
    assert course.tiers == (BASIC, STANDARD, PREMIUM)
    [row] = service.stored(CourseRow)
    assert (row.id, row.title, row.created_at) == (course.id, "Yoga", service.clock.now)
    assert len(service.stored(TierRow, course_id=course.id)) == 3
    assert (await service.find(COURSE_BY_ID, course.id)) == course
    [entry] = service.stored(AuditEntryRow)
    assert (entry.subject_id, entry.action, entry.actor_id) == (course.id, "course.saved", "admin-1")
    assert entry.changes == {"title": [None, "Yoga"], "tiers": [None, ["BASIC", "STANDARD", "PREMIUM"]]}


TEXT = "Slow classes.\n\nBring a mat: <b>no shoes</b>."


async def test_a_description_is_stored_and_audited_with_its_lines(service: Service) -> None:
    saved = await service.purchases.submit(replace(saving(), description=Described(TEXT)))
    assert isinstance(saved, CourseSaved)
    assert saved.course.description == TEXT
    assert (await service.find(COURSE_BY_ID, saved.course.id)).description == TEXT
    [entry] = service.stored(AuditEntryRow)
    assert entry.changes["description"] == [None, TEXT]


async def test_a_description_stays_where_a_call_says_none_and_goes_where_it_says_so(service: Service) -> None:
    course = await service.save_course()
    described = replace(saving(course=course), description=Described(TEXT))
    await service.purchases.submit(described)
    kept = await service.save_course(course_id=course.id, title="Chess")
    assert (kept.title, kept.description) == ("Chess", TEXT)
    gone = await service.purchases.submit(replace(described, description=Described(None)))
    assert isinstance(gone, CourseSaved)
    assert gone.course.description is None
    changes = [entry.changes for entry in service.stored(AuditEntryRow, subject_id=course.id)]
    assert [each.get("description") for each in changes] == [None, [None, TEXT], None, [TEXT, None]]
    assert "description" not in changes[2]


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("x" * 2000, True),
        ("x" * 2001, False),
        ("a\n\n\nयोग\n", True),
        ("a\rb", False),
        ("a\x00b", False),
        ("a\n\u202eb", False),
        ("a\ud800", False),
        ("\u200b", False),
    ],
)
async def test_a_description_is_plain_text_of_lines_and_bounded(service: Service, text: str, is_right: bool) -> None:
    outcome = await service.purchases.submit(replace(saving(), description=Described(text)))
    if is_right:
        assert isinstance(outcome, CourseSaved)
    else:
        assert isinstance(outcome, InvalidInput)
        assert [problem.path for problem in outcome.fields] == [("description",)]


async def test_saving_the_same_again_changes_and_audits_nothing(service: Service) -> None:
    course = await service.save_course()
    before = service.everything()
    service.clock.advance(days=1)
    outcome = await service.purchases.submit(saving(*reversed(TIERS), course=course))
    assert outcome == CourseSaved(course, already_processed=True)
    assert service.everything() == before


async def test_a_changed_course_has_just_the_tiers_that_were_given(service: Service) -> None:
    other = await service.save_course()
    course = await service.save_course()
    began = service.clock.now
    service.clock.advance(days=1)
    dearer = replace(STANDARD, price=Money(1, "EUR"))
    changed = await service.save_course(dearer, replace(BASIC, code="EVENING"), course_id=course.id, title="Chess")
    assert (changed.title, changed.created_at) == ("Chess", began)
    assert [await service.find(COURSE_BY_ID, each.id) for each in (course, other)] == [changed, other]
    assert [row.code for row in service.stored(TierRow, course_id=course.id)] == ["EVENING", "STANDARD"]
    assert service.actions(course.id) == ["course.saved", "course.saved"]


async def test_two_tiers_may_swap_their_ranks(service: Service) -> None:
    course = await service.save_course()
    swapped = await service.save_course(replace(BASIC, rank=2), replace(STANDARD, rank=1), PREMIUM, course_id=course.id)
    assert [tier.code for tier in swapped.tiers] == ["STANDARD", "BASIC", "PREMIUM"]


async def test_a_course_saved_twice_in_one_turn_is_as_it_was_given_last(service: Service) -> None:
    course = await service.save_course()
    first, second = await service.together(
        saving(BASIC, course=course, title="First"), saving(STANDARD, course=course, title="Second")
    )
    assert isinstance(first, CourseSaved)
    assert isinstance(second, CourseSaved)
    assert (await service.find(COURSE_BY_ID, course.id)) == second.course
    assert (second.course.title, second.course.tiers) == ("Second", (STANDARD,))


async def test_a_course_that_does_not_exist_cannot_be_changed(service: Service) -> None:
    course = await service.save_course()
    before = service.everything()
    outcome = await service.purchases.submit(saving(course=replace(course, id=UUID(int=7))))
    assert outcome == NotFound("course")
    assert service.everything() == before


@pytest.mark.parametrize(
    ("title", "tiers", "paths"),
    [
        ("", TIERS, [("title",)]),
        ("Yo\x00ga", TIERS, [("title",)]),
        ("Yoga", (BASIC, replace(BASIC, rank=2)), [("tiers", "0", "code"), ("tiers", "1", "code")]),
        ("Yoga", (BASIC, replace(STANDARD, rank=1)), [("tiers", "0", "rank"), ("tiers", "1", "rank")]),
        (
            "Yoga",
            (Tier("a b", 0, Money(-1, "inr"), 0, -1),),
            [
                ("tiers", "0", "code"),
                ("tiers", "0", "sessionCount"),
                ("tiers", "0", "price", "amountMinor"),
                ("tiers", "0", "price", "currency"),
                ("tiers", "0", "validityDays"),
                ("tiers", "0", "rank"),
            ],
        ),
    ],
    ids=["no title", "a control character", "a code twice", "a rank twice", "everything about a tier"],
)
async def test_what_is_wrong_with_a_course_is_named_by_field_and_nothing_is_stored(
    service: Service, title: str, tiers: tuple[Tier, ...], paths: list[tuple[str, ...]]
) -> None:
    outcome = await service.purchases.submit(saving(*tiers, title=title))
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == paths
    assert (service.stored(CourseRow), service.stored(TierRow)) == ([], [])


async def test_a_course_needs_a_tier(service: Service) -> None:
    outcome = await service.purchases.submit(replace(saving(), tiers=()))
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [("tiers",)]


async def test_the_largest_amount_that_can_be_shown_can_be_stored(service: Service) -> None:
    tier = Tier("A", 10_000, Money(2**53 - 1, "INR"), 36_500, 1000)
    course = await service.save_course(tier)
    assert (await service.find(COURSE_BY_ID, course.id)).tiers == (tier,)
