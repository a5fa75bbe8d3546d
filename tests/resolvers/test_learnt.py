"""What a mutation came to is answered as it was committed and not read back: the answer is what a read would say."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.services.core.model.values import Role
from tests.served.gateway import creating
from tests.served.inside import Inside, inside
from tests.served.operations import (
    CONFIRM_PAYMENT,
    COURSE,
    CREATE_PAYMENT,
    CREATE_PURCHASE,
    METADATA,
    PURCHASE_BY_ID,
    SAVE_COURSE,
)
from tests.service import reads_of

pytestmark = pytest.mark.anyio


async def test_a_confirmations_answer_is_not_read_back(new_database: Callable[[], str]) -> None:
    async with inside(new_database(), worker="false", installation="here") as gateway:
        course = (await done(gateway, SAVE_COURSE, Role.ADMIN, COURSE))["course"]["id"]
        source = gateway.services.reader.source
        given = {"courseId": course, "tier": "BASIC", "metadata": METADATA}
        with reads_of(source) as reads:
            opened = await done(gateway, CREATE_PAYMENT, Role.STUDENT, given)
        assert reads == []
        with reads_of(source) as reads:
            confirmed = await done(gateway, CONFIRM_PAYMENT, Role.STUDENT, {"paymentId": opened["payment"]["id"]})
        assert len(reads) == 1, "the payment, before its provider is asked"
        read = await gateway.ask(PURCHASE_BY_ID, Role.STUDENT, id=confirmed["purchase"]["id"])
        assert confirmed["purchase"] == read.json()["data"]["purchase"]
        with reads_of(source) as reads:
            await done(gateway, CREATE_PURCHASE, Role.ADMIN, creating(course, "student-2"))
        assert reads == []


GRANTED_AT_ONCE = """
fragment Standing on Purchase { id status supersededBy { id } }
mutation CreatePurchases($input: [CreatePurchaseInput!]!) {
  createPurchases(input: $input) {
    ... on CreatePurchaseSuccess { purchase { ...Standing supersedes { ...Standing } } replaced { ...Standing } }
  }
}
"""


async def test_what_one_commit_grants_and_replaces_says_by_what(new_database: Callable[[], str]) -> None:
    async with inside(new_database(), worker="false") as gateway:
        course = (await done(gateway, SAVE_COURSE, Role.ADMIN, COURSE))["course"]["id"]
        better = {**creating(course, "student-1", "PREMIUM"), "onExisting": "REPLACE"}
        answer = await gateway.ask(GRANTED_AT_ONCE, Role.ADMIN, input=[creating(course, "student-1"), better])
        first, second = answer.json()["data"]["createPurchases"]
        by = {"id": second["purchase"]["id"]}
        replaced = {"id": first["purchase"]["id"], "status": "SUPERSEDED", "supersededBy": by}
        assert second["replaced"] == second["purchase"]["supersedes"] == replaced
        assert first["purchase"]["supersededBy"] == by
        assert second["purchase"]["supersededBy"] is None


async def done(gateway: Inside, mutation: str, role: Role, given: dict[str, Any]) -> dict[str, Any]:
    answer = (await gateway.ask(mutation, role, input=given)).json()
    assert answer.get("errors") is None, answer
    [result] = answer["data"].values()
    assert result["__typename"].endswith("Success"), result
    return dict(result)
