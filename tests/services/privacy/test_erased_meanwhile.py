"""What others do about a student while the keys that name her are looked for, and the turn is waited for."""

from dataclasses import replace
from typing import Any

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow, RefundRow
from gateway.services.core.commands.amend_purchase import RevokePurchase
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.privacy.outcomes import StudentErased
from gateway.services.core.rules.inputs.subjects import is_pseudonym
from gateway.services.core.rules.privacy.naming import ERASED
from tests.service import ADMIN, Service, student
from tests.services.privacy.erasing import erased, places
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

AMY = "amy-lovelace-1815"


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def test_a_key_that_an_admin_used_meanwhile_does_not_name_her(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    bought = await service.created(course, AMY)
    write = service.purchases.write

    async def late(command: Any) -> Any:
        """Comes to its turn after what an admin does, and before what she does when it is over."""
        if not service.count("idempotency_record"):
            await service.revoke(bought, key=f"revoke-{AMY}")
            outcome = await write(command)
            await service.opened(student(AMY), course, key=f"again-{AMY}")
            return outcome
        return await write(command)

    done = await replace(service.purchases, write=late).erase(ADMIN, AMY, "asked for by mail")
    assert isinstance(done, StudentErased)
    assert (done.purchases, places(service, f"revoke-{AMY}")) == (1, [])
    assert [is_pseudonym(row.student_id) for row in service.stored(PaymentRow)] == [False], "she has come back"
    assert places(service, f"again-{AMY}") == ["idempotency_record.key"], "and what she does then is hers"
    assert shop.broken() == []


async def test_a_key_that_was_used_in_the_same_turn_is_looked_for_again(service: Service, shop: Shop) -> None:
    bought = await service.created(await service.save_course(), AMY)
    await service.revoke(bought)
    taken: list[Any] = []

    async def take(command: Any) -> None:
        taken.append(command)

    await replace(service.purchases, write=take).erase(ADMIN, AMY, "asked for by mail")  # type: ignore[arg-type]
    again = RevokePurchase(ADMIN, bought.id, "a test", key=f"revoke-{AMY}")
    [outcome, _] = await service.together(taken[0], again)
    assert isinstance(outcome, Busy)
    await erased(service, AMY)
    assert places(service, AMY) == []


async def test_what_a_provider_says_of_her_money_afterwards_is_not_kept(service: Service, shop: Shop) -> None:
    checkout = await service.opened(student(AMY), await service.save_course())
    await erased(service, AMY)
    shop.books.decline(reference_of(checkout), code="a_code")
    await shop.receive(checkout)
    [row] = service.stored(PaymentRow)
    assert (row.status, row.failure_code, row.failure_message) == ("FAILED", "a_code", ERASED)
    shop.pay(checkout)
    shop.books.refuses_refunds = True
    await shop.receive(checkout)
    [refund] = service.stored(RefundRow)
    assert (refund.status, refund.failure_code, refund.failure_message) == ("FAILED", "refused", ERASED)
    [job] = service.stored(JobRow, state="FAILED")
    assert job.last_error == f"refused: {ERASED}"
    assert places(service, "gives nothing back") == []
    assert places(service, "was declined") == []
