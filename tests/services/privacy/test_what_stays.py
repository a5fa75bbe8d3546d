"""What an erasure leaves standing: what the books are verified by, and the keys that name somebody else."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest

from gateway.services.core.frozen import replace
from gateway.services.core.model.outcomes import Created, ImportRefused
from gateway.services.core.model.values import PurchaseStatus
from gateway.services.core.rules.privacy.erasing import FACTS
from gateway.services.core.rules.privacy.naming import is_named
from gateway.services.verification.tables.every import tables
from gateway.services.verification.words import Words
from tests.service import Service
from tests.services.privacy.erasing import erase, erased
from tests.services.purchases.imports.rows import LATER, PAID, brought, came, old
from tests.simulation.verified import broken

pytestmark = pytest.mark.anyio


def read_by_verification() -> Iterator[str]:
    """The names under which it looks for something that changed."""
    read, entry = list[str](), Words.entry

    def noted(self: Words, column: str, *path: str) -> str:
        if column.endswith(".changes"):
            read.extend(path)
        return entry(self, column, *path)

    with patch.object(Words, "entry", noted):
        tables.__wrapped__(Words(is_sqlite=True))
    yield from read


def test_what_verification_reads_of_the_audit_is_left_as_it_is() -> None:
    # Both are replaced, and verification knows by what: a pseudonym, and that the word is gone.
    assert {"settledAt"} <= set(read_by_verification()) - {"studentId", "source"} <= FACTS


async def test_what_came_over_with_its_refund_is_erased_and_the_books_hold(service: Service) -> None:
    course = await service.save_course()
    part = replace(PAID, refunded_minor=100, refunded_at=LATER)
    await came(service, old(course, status=PurchaseStatus.REVOKED, ended_at=LATER, payment=part))
    assert (await erased(service, "student-1")).payments == 1
    with service.beside() as connection:
        assert broken(connection, service.clock) == []


async def test_a_key_that_happens_to_have_the_students_id_in_it_goes_on_to_be_known(service: Service) -> None:
    """Old systems number both students and purchases."""
    course = await service.save_course()
    row = old(course, "2123", student_id="123", status=PurchaseStatus.REVOKED, ended_at=LATER)
    await came(service, row)
    await erased(service, "123")
    before = service.everything()
    [again] = await brought(service, row)
    assert isinstance(again, ImportRefused)
    assert again.is_conflict
    assert service.everything() == before


async def test_a_grant_that_is_repeated_after_an_erasure_is_not_made_again(service: Service) -> None:
    course = await service.save_course()
    await service.revoke(await service.created(course, "77", key="grant-77-of-1770"))
    await erase(service, "77")
    assert not isinstance(await service.create(course, "77", key="grant-77-of-1770"), Created)


@pytest.mark.parametrize("text", ["ann", "ann-yoga", "ann_yoga", "ann2", "2ann", "grant: ann."])
def test_a_text_names_a_student_whose_id_it_has(text: str) -> None:
    assert is_named("ann", text)


@pytest.mark.parametrize(
    ("student_id", "text"), [("ann", "annual"), ("123", "2123"), ("12", "grant-12"), ("ann", "an")]
)
def test_a_text_names_nobody_whose_id_is_a_part_of_another_word_or_number(student_id: str, text: str) -> None:
    assert not is_named(student_id, text)
