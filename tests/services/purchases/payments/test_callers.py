"""Who may confirm whose payment, and with which metadata."""

import datetime as dt
from dataclasses import replace
from uuid import UUID

import pytest

from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.model.metadata import Label, TimeSlot
from gateway.services.core.model.outcomes import Confirmed, Difference, InvalidInput, MetadataConflict, NotFound
from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.values import Actor, Payment, Provider, Role
from gateway.services.core.model.verdicts import Unacceptable, Verdict
from gateway.services.providers.sandbox import Sandbox
from tests.service import ADMIN, METADATA, Service, student

pytestmark = pytest.mark.anyio


class Asked(Sandbox):
    """A provider that counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        self.times += 1
        return await super().settle(payment, proof)


@pytest.fixture
def provider(service: Service) -> Asked:
    asked = Asked()
    service.set_up(by_name={Provider.SANDBOX: asked})
    return asked


async def test_the_provider_is_asked_once_for_an_open_payment_and_never_for_a_decided_one(
    service: Service, provider: Asked
) -> None:
    payment = await service.opened(student(), await service.save_course())
    for _ in range(3):
        assert isinstance(await service.confirm(student(), payment), Confirmed)
    assert provider.times == 1


async def test_a_refunded_payment_is_not_asked_for_again(service: Service, provider: Asked) -> None:
    payment = await service.opened(student(), await service.save_course())
    for _ in range(2):
        await service.confirm(student(), payment, "tok_capture_1_INR")
    assert provider.times == 1


async def test_a_student_cannot_confirm_anothers_payment_and_the_provider_is_not_asked(
    service: Service, provider: Asked
) -> None:
    payment = await service.opened(student("student-1"), await service.save_course())
    before = service.everything()
    assert await service.confirm(student("student-2"), payment) == NotFound("payment")
    assert provider.times == 0
    assert service.everything() == before


async def test_a_stranger_is_told_nothing_of_a_decided_payment_either(service: Service, provider: Asked) -> None:
    payment, _ = await service.paid(student("student-1"), await service.save_course())
    other = replace(METADATA, session_duration=90)
    assert await service.confirm(student("student-2"), payment) == NotFound("payment")
    assert await service.confirm(student("student-2"), payment, metadata=other) == NotFound("payment")
    assert provider.times == 1


async def test_ownership_is_judged_in_the_turn_itself(service: Service) -> None:
    payment = await service.opened(student("student-1"), await service.save_course())
    [outcome] = await service.together(service.confirming(payment, actor=student("student-2")))
    assert outcome == NotFound("payment")
    assert service.stored(PurchaseRow) == []


async def test_a_payment_that_does_not_exist_is_missing(service: Service, provider: Asked) -> None:
    payment = await service.opened(student(), await service.save_course())
    assert await service.confirm(ADMIN, replace(payment, id=UUID(int=7))) == NotFound("payment")
    assert provider.times == 0


@pytest.mark.parametrize("actor", [ADMIN, Actor("sweep", Role.SERVICE)], ids=["admin", "service"])
async def test_admins_and_services_confirm_any_payment_and_the_purchase_is_the_students(
    service: Service, actor: Actor
) -> None:
    payment = await service.opened(student("student-1"), await service.save_course())
    outcome = await service.confirm(actor, payment)
    assert isinstance(outcome, Confirmed)
    assert (outcome.purchase.student_id, outcome.purchase.created_by) == ("student-1", actor)


async def test_metadata_that_agrees_may_be_repeated_at_confirmation(service: Service) -> None:
    metadata = replace(METADATA, labels=(Label("a", "1"), Label("b", "2")))
    payment = await service.opened(student(), await service.save_course(), metadata=metadata)
    same = replace(metadata, labels=(Label("b", "2"), Label("a", "1")))
    assert isinstance(await service.confirm(student(), payment, metadata=same), Confirmed)
    again = await service.confirm(student(), payment, metadata=same)
    assert isinstance(again, Confirmed)
    assert again.already_processed


async def test_metadata_that_disagrees_names_each_field_and_the_provider_is_not_asked(
    service: Service, provider: Asked
) -> None:
    payment = await service.opened(student(), await service.save_course())
    other = replace(
        METADATA,
        is_sunday_only=False,
        session_duration=90,
        slot=TimeSlot(dt.time(18, 0), "Europe/Berlin"),
        date=dt.date(2026, 12, 7),
        labels=(Label("b", "2"), Label("a", "1")),
    )
    before = service.everything()
    outcome = await service.confirm(student(), payment, metadata=other)
    assert outcome == MetadataConflict(
        (
            Difference("isSundayOnly", "true", "false"),
            Difference("sessionDuration", "60", "90"),
            Difference("timeSlot.start", "17:30", "18:00"),
            Difference("timeSlot.timeZone", "Asia/Kolkata", "Europe/Berlin"),
            Difference("date", "none", "2026-12-07"),
            Difference("labels", "none", "a=1, b=2"),
        ),
        None,
    )
    assert provider.times == 0
    assert service.everything() == before


async def test_metadata_that_disagrees_after_the_confirmation_names_the_purchase(service: Service) -> None:
    payment, purchase = await service.paid(student(), await service.save_course())
    outcome = await service.confirm(student(), payment, metadata=replace(METADATA, session_duration=90))
    assert outcome == MetadataConflict((Difference("sessionDuration", "60", "90"),), purchase)


async def test_labels_that_only_read_the_same_disagree(service: Service) -> None:
    metadata = replace(METADATA, labels=(Label("a", "1"), Label("b", "2")))
    payment = await service.opened(student(), await service.save_course(), metadata=metadata)
    alike = replace(METADATA, labels=(Label("a", "1, b=2"),))
    outcome = await service.confirm(student(), payment, metadata=alike)
    assert isinstance(outcome, MetadataConflict)
    assert [difference.field for difference in outcome.differences] == ["labels"]


async def test_metadata_that_is_wrong_in_itself_is_refused_by_field(service: Service, provider: Asked) -> None:
    payment = await service.opened(student(), await service.save_course())
    outcome = await service.confirm(student(), payment, metadata=replace(METADATA, session_duration=14))
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [("metadata", "sessionDuration")]
    assert provider.times == 0
    assert service.stored(PaymentRow)[0].status == "REQUIRES_PAYMENT"
