"""What others do about a student while the keys that name her are looked for, and the turn is waited for."""

from dataclasses import replace
from typing import Any

import pytest

from db.tables import PaymentRow
from gateway.services.core.commands.amend_purchase import RevokePurchase
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.privacy.outcomes import StudentErased
from gateway.services.core.rules.inputs.subjects import is_pseudonym
from tests.service import ADMIN, Service, student
from tests.services.privacy.erasing import erased, places
from tests.simulation.shop import Shop

pytestmark = pytest.mark.anyio

AMY = "amy-lovelace-1815"


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
