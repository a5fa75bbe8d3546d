"""Flow 2 over HTTP: an admin grants courses and keeps the catalogue; each refusal says what stands."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, update

from db.tables import StudentAccessRow
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Role
from tests.served.gateway import Answer, Person, Served, connected, creating, tier_of
from tests.served.operations import COURSE, CREATE_PURCHASE, METADATA, PURCHASE_BY_ID, SAVE_COURSE

UNKNOWN_COURSE = ids.EXAMPLES[ids.COURSE]
ON_OTHER_DAYS = {**METADATA, "isSundayOnly": False}


def test_a_grant_is_an_admins_purchase_without_a_payment(gateway: Served, student: Person, course: str) -> None:
    created = gateway.create(course, student.id, metadata={**METADATA, "date": "2090-01-01"})
    purchase = created["purchase"]
    assert (created["alreadyProcessed"], created["replaced"]) == (False, None)
    assert (purchase["origin"], purchase["payment"], purchase["status"]) == ("ADMIN", None, "ACTIVE")
    assert purchase["createdBy"] == {"id": "admin-1", "role": "ADMIN"}
    assert (purchase["student"]["id"], purchase["course"]["id"]) == (student.id, course)
    assert purchase["expiryDate"] == purchase["access"]["expiresAt"] == "2090-04-01T12:00:00Z"
    assert [session["startsAt"] for session in purchase["access"]["schedule"]] == [
        "2090-01-01T12:00:00Z",
        "2090-01-08T12:00:00Z",
        "2090-01-15T12:00:00Z",
        "2090-01-22T12:00:00Z",
    ]


def test_the_same_grant_again_is_the_purchase_that_stands(gateway: Served, student: Person, course: str) -> None:
    first = gateway.create(course, student.id)
    before = gateway.counts()
    by_sessions = gateway.create(course, student.id, purchaseTier=None, sessionCount=4, reason="another reason")
    assert by_sessions == gateway.create(course, student.id) == {**first, "alreadyProcessed": True}
    assert gateway.counts() == before


def test_a_tier_without_validity_has_no_end_unless_one_is_given(gateway: Served, course: str) -> None:
    endless, ending = gateway.student(), gateway.student()
    assert gateway.create(course, endless.id, "PREMIUM")["purchase"]["expiryDate"] is None
    given = gateway.create(course, ending.id, "PREMIUM", expiryDate="2090-01-01T00:00:00+05:30")
    assert given["purchase"]["expiryDate"] == "2089-12-31T18:30:00Z"


def test_other_metadata_than_what_stands_is_a_conflict(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id)["purchase"]
    conflict = gateway.create(course, student.id, metadata=ON_OTHER_DAYS)
    assert _told(conflict) == ("MetadataConflict", "METADATA_CONFLICT")
    assert conflict["fields"] == [{"field": "isSundayOnly", "stored": "true", "given": "false"}]
    assert conflict["existingPurchase"] == {"id": purchase["id"]}
    late = gateway.create(course, student.id, expiryDate="2090-01-01T00:00:00Z")
    assert [difference["field"] for difference in late["fields"]] == ["expiryDate"]


@pytest.mark.parametrize("tier", ["BASIC", "PREMIUM"])
def test_another_tier_than_what_stands_is_refused_unless_it_shall_replace_it(
    gateway: Served, student: Person, course: str, tier: str
) -> None:
    old = gateway.create(course, student.id, "STANDARD")["purchase"]
    refused = gateway.create(course, student.id, tier)
    assert _told(refused) == ("ActivePurchaseExists", "ACTIVE_PURCHASE_EXISTS")
    assert refused["existingPurchase"] == {"id": old["id"], "tier": "STANDARD"}
    replaced = gateway.create(course, student.id, tier, onExisting="REPLACE")
    assert replaced["replaced"] == {"id": old["id"], "status": "SUPERSEDED"}
    assert (replaced["purchase"]["tier"], replaced["purchase"]["supersedes"]) == (tier, {"id": old["id"]})
    assert gateway.admin.data(PURCHASE_BY_ID, id=old["id"])["purchase"]["supersededBy"] == {
        "id": replaced["purchase"]["id"]
    }


def test_a_key_stands_for_one_wish_of_one_admin(gateway: Served, course: str) -> None:
    student, other = gateway.student(), gateway.student()
    key = f"key-of-{student.id}"
    first = gateway.create(course, student.id, idempotencyKey=key)
    assert gateway.create(course, student.id, idempotencyKey=key) == {**first, "alreadyProcessed": True}
    reused = gateway.create(course, other.id, idempotencyKey=key)
    assert _told(reused) == ("IdempotencyKeyReused", "IDEMPOTENCY_KEY_REUSED")
    colleague = gateway.person(Role.ADMIN, "admin-2")
    granted = colleague.did(CREATE_PURCHASE, **creating(course, other.id), idempotencyKey=key)
    assert granted["purchase"]["createdBy"] == {"id": "admin-2", "role": "ADMIN"}


def test_a_grant_of_an_unknown_course_is_not_found(gateway: Served, student: Person) -> None:
    assert _told(gateway.create(UNKNOWN_COURSE, student.id)) == ("NotFound", "NOT_FOUND")


def test_a_lapsed_purchase_reads_as_expired_and_makes_room(gateway: Served, student: Person, course: str) -> None:
    old = gateway.create(course, student.id)["purchase"]
    _let_lapse(gateway, old["id"])
    access = student.data(PURCHASE_BY_ID, id=old["id"])["purchase"]["access"]
    assert access["status"] == "EXPIRED"
    new = gateway.confirm(student, gateway.opened(student, course))["purchase"]
    assert (new["status"], new["supersedes"]) == ("ACTIVE", None)
    ended = student.data(PURCHASE_BY_ID, id=old["id"])["purchase"]
    assert (ended["status"], ended["endedAt"]) == ("EXPIRED", new["createdAt"])


def test_a_course_is_saved_as_given_lowest_rank_first(gateway: Served) -> None:
    tiers = [tier_of("HIGH", 8, 9, validityDays=30), tier_of("LOW", 2, 0)]
    saved = gateway.admin.did(SAVE_COURSE, title="Singing", tiers=tiers)
    course = saved["course"]
    assert saved["alreadyProcessed"] is False
    assert course == {
        "id": course["id"],
        "title": "Singing",
        "tiers": [{**tier_of("LOW", 2, 0), "validityDays": None}, tier_of("HIGH", 8, 9, validityDays=30)],
    }


def test_a_course_is_changed_and_saving_it_again_changes_nothing(gateway: Served, course: str) -> None:
    change = {"id": course, "title": "Dancing", "tiers": [tier_of("ONLY", 3, 1)]}
    changed = gateway.admin.did(SAVE_COURSE, **change)
    assert (changed["course"]["id"], changed["course"]["title"]) == (course, "Dancing")
    assert [tier["code"] for tier in changed["course"]["tiers"]] == ["ONLY"]
    before = gateway.counts()
    assert gateway.admin.did(SAVE_COURSE, **change) == {**changed, "alreadyProcessed": True}
    assert gateway.counts() == before


def test_a_course_saved_with_a_key_is_made_once(gateway: Served, student: Person) -> None:
    arguments = {**COURSE, "idempotencyKey": f"course-of-{student.id}"}
    first = gateway.admin.did(SAVE_COURSE, **arguments)
    assert gateway.admin.did(SAVE_COURSE, **arguments) == {**first, "alreadyProcessed": True}
    assert _told(gateway.admin.did(SAVE_COURSE, **{**arguments, "title": "Other"}))[0] == "IdempotencyKeyReused"


DESCRIBED = """mutation($input: SaveCourseInput!) {
  saveCourse(input: $input) { ... on SaveCourseSuccess { course { id description } } }
}"""


def test_a_course_is_described_in_plain_text_which_callers_who_know_of_none_leave_as_it_is(gateway: Served) -> None:
    def described(**more: object) -> str | None:
        saved = gateway.admin.data(DESCRIBED, input={**COURSE, "id": course, **more})["saveCourse"]["course"]
        assert saved == gateway.admin.data(f'{{ course(id: "{course}") {{ id description }} }}')["course"]
        text: str | None = saved["description"]
        return text

    course = gateway.course()
    assert described() is None
    assert described(description="  <b>Slow</b> classes.\r\nBring a mat.\n") == "<b>Slow</b> classes.\nBring a mat."
    assert described(title="Chess") == "<b>Slow</b> classes.\nBring a mat."
    assert described(description=None) is None
    assert described(description="For all  \n \n  - and you") == "For all\n\n  - and you"
    assert described(description=" \n ") is None


def test_changing_an_unknown_course_is_not_found(gateway: Served) -> None:
    assert _told(gateway.admin.did(SAVE_COURSE, id=UNKNOWN_COURSE, **COURSE)) == ("NotFound", "NOT_FOUND")


def test_a_purchase_keeps_its_terms_when_the_catalogue_changes(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.create(course, student.id)["purchase"]
    gateway.course(id=course, tiers=[tier_of("BASIC", 99, 1)])
    access = student.data(PURCHASE_BY_ID, id=purchase["id"])["purchase"]["access"]
    assert access["sessionsTotal"] == 4


def test_what_a_mutation_reads_is_fresh_after_the_one_before_it(gateway: Served, student: Person, course: str) -> None:
    document = """
    mutation Two($a: CreatePurchaseInput!, $b: CreatePurchaseInput!, $c: SaveCourseInput!) {
      one: createPurchase(input: $a) { ...Links }
      two: createPurchase(input: $b) { ...Links }
      three: saveCourse(input: $c) { __typename }
      four: createPurchase(input: $b) { ...Links }
    }
    fragment Links on CreatePurchaseSuccess {
      purchase { id status course { title } supersededBy { id } }
      replaced { id status course { title } supersededBy { id } }
    }
    """
    data = gateway.admin.data(
        document,
        a=creating(course, student.id),
        b={**creating(course, student.id, "PREMIUM"), "onExisting": "REPLACE"},
        c={**COURSE, "id": course, "title": "Renamed"},
    )
    old, new = data["one"]["purchase"], data["two"]["purchase"]
    assert (old["status"], old["supersededBy"], old["course"]) == ("ACTIVE", None, {"title": "Yoga"})
    assert data["two"]["replaced"] == {
        "id": old["id"],
        "status": "SUPERSEDED",
        "course": {"title": "Yoga"},
        "supersededBy": {"id": new["id"]},
    }
    assert data["four"]["purchase"] == {**new, "course": {"title": "Renamed"}}


def _told(answer: Answer) -> tuple[str, str]:
    return answer["__typename"], answer["code"]


def _let_lapse(gateway: Served, purchase_id: str) -> None:
    """Moves an access into the past, which no API does."""
    now = datetime.now(UTC)
    past = {"starts_at": now - timedelta(days=2), "expires_at": now - timedelta(days=1)}
    key = ids.from_text(ids.PURCHASE, purchase_id)
    with connected(gateway.database_url) as connection:
        moved = connection.execute(
            update(StudentAccessRow).where(col(StudentAccessRow.purchase_id) == key).values(past)
        )
        assert moved.rowcount == 1
