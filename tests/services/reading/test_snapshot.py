"""What one operation knows: by whichever form of an id it asks, a value stays the same."""

from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core.model.values import PaymentStatus
from gateway.services.reading.lookups import COURSE_BY_ID, PAYMENT_BY_ID, PURCHASE_OF_PAYMENT, REFUNDS_OF_PAYMENT
from gateway.services.reading.reader import MOST_NOW, Finder
from gateway.services.reading.snapshot import Snapshot
from tests.service import Service, reads_of, student

pytestmark = pytest.mark.anyio


async def found(reads: Snapshot, finder: Finder[Any, Any], keys: Sequence[UUID | bytes]) -> Sequence[Any]:
    coming = reads.find_all(finder, keys)
    return await coming if isinstance(coming, Awaitable) else coming


async def test_an_id_as_it_is_stored_finds_what_the_id_finds(service: Service) -> None:
    course = await service.save_course()
    opened, (paid, *_) = await service.opened(student(), course), await service.paid(student("student-2"), course)
    ids = [opened.id, paid.id, uuid7()]
    for finder in (PAYMENT_BY_ID, PURCHASE_OF_PAYMENT, REFUNDS_OF_PAYMENT):
        by_id = await found(Snapshot(service.reader), finder, ids)
        assert await found(Snapshot(service.reader), finder, [key.bytes for key in ids]) == by_id
        assert await found(Snapshot(service.reader), finder, [ids[0].bytes]) == by_id[:1]
        assert await found(Snapshot(service.reader), finder, [ids[0].bytes, *ids[1:]]) == by_id
    assert await found(Snapshot(service.reader), COURSE_BY_ID, [course.id.bytes] * 2) == [course] * 2


async def test_more_ids_than_are_looked_up_at_once_find_each_its_own(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    ids = [uuid7().bytes for _ in range(2 * MOST_NOW)]
    values = await found(Snapshot(service.reader), PAYMENT_BY_ID, [*ids, payment.id.bytes])
    assert values == [*([None] * len(ids)), payment]


async def test_a_value_stays_the_same_by_whichever_form_of_its_id_it_is_asked_for(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    nothing = uuid7()
    stored, by_id = Snapshot(service.reader), Snapshot(service.reader)
    await found(stored, PAYMENT_BY_ID, [payment.id.bytes, nothing.bytes])
    await found(by_id, PAYMENT_BY_ID, [payment.id, nothing])
    await service.confirm(student(), payment)
    for reads in (stored, by_id):
        with reads_of(service.source) as asked:
            forms: list[list[UUID | bytes]] = [
                [payment.id, nothing],
                [payment.id.bytes, nothing.bytes],
                [payment.id.bytes, nothing],
            ]
            for keys in forms:
                [known, absent] = await found(reads, PAYMENT_BY_ID, keys)
                assert (known.status, absent) == (PaymentStatus.REQUIRES_PAYMENT, None)
            assert await reads.find(PAYMENT_BY_ID, payment.id) is known
        assert asked == []
        reads.forget()
        [known] = await found(reads, PAYMENT_BY_ID, [payment.id.bytes])
        assert known.status is PaymentStatus.SUCCEEDED


async def test_what_is_no_id_is_found_by_none_and_misleads_no_other(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    with pytest.raises(ValueError, match="16 bytes"):
        await found(Snapshot(service.reader), PAYMENT_BY_ID, [b"short", payment.id.bytes])
