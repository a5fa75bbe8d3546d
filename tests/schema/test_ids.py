"""Ids in text: a type's prefix and a time-ordered key, and nothing else passes for one."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import uuid_utils
from hypothesis import given, settings
from hypothesis import strategies as st
from typeid import TypeID
from uuid_utils.compat import uuid7

from gateway.schema.conventions import ids
from gateway.schema.courses import Course
from gateway.schema.purchases import Payment, Purchase
from gateway.services.reading.lookups import COURSE_BY_ID, PAYMENT_BY_ID, PURCHASE_BY_ID
from gateway.services.reading.snapshot import Snapshot
from gateway.services.rows.views import whole
from tests.draws import many
from tests.service import Service, student

KEY = UUID("01a205cf-b5a5-76d7-9021-422d7ed12b95")
SUFFIX = "01m82wzdd5evbs08a25nzd2awn"
PREFIXES = (ids.PAYMENT, ids.PURCHASE, ids.COURSE)


def test_a_key_is_written_as_the_typeid_specification_has_it() -> None:
    assert ids.to_text(ids.PAYMENT, KEY) == f"pay_{SUFFIX}"
    assert ids.to_text(ids.COURSE, UUID(int=0)) == "crs_00000000000000000000000000"
    assert ids.to_text(ids.COURSE, UUID(int=2**128 - 1)) == "crs_7zzzzzzzzzzzzzzzzzzzzzzzzz"


@settings(derandomize=True)
@given(st.sampled_from(PREFIXES), st.uuids() | st.sampled_from([UUID(int=0), UUID(int=2**128 - 1)]))
def test_the_specifications_own_library_writes_and_reads_the_same(prefix: str, key: UUID) -> None:
    text = str(TypeID.from_uuid(uuid_utils.UUID(int=key.int), prefix))
    assert (ids.to_text(prefix, key), ids.from_text(prefix, text)) == (text, key)


@settings(derandomize=True)
@given(st.sampled_from(PREFIXES), st.uuids())
def test_what_is_written_is_read_again_as_the_same_key(prefix: str, key: UUID) -> None:
    text = ids.to_text(prefix, key)
    assert (ids.prefix_of(text), ids.from_text(prefix, text)) == (prefix, key)


@settings(derandomize=True)
@given(st.sampled_from(PREFIXES), st.sampled_from(PREFIXES), st.uuids())
def test_an_id_of_one_type_is_none_of_another(prefix: str, other: str, key: UUID) -> None:
    assert (ids.from_text(other, ids.to_text(prefix, key)) is None) is (other != prefix)


@settings(derandomize=True)
@given(st.uuids(), st.uuids())
def test_texts_sort_as_their_keys_do(one: UUID, other: UUID) -> None:
    assert (ids.to_text("pay", one) < ids.to_text("pay", other)) is (one < other)


def test_a_courses_uuid_is_its_id_as_well_and_no_other_types() -> None:
    assert ids.from_text(ids.COURSE, str(KEY)) == ids.from_text(ids.COURSE, str(KEY).upper()) == KEY
    assert [ids.from_text(prefix, str(KEY)) for prefix in (ids.PAYMENT, ids.PURCHASE, ids.JOB)] == [None] * 3
    assert ids.prefix_of(str(KEY)) is None
    assert ids.from_text(ids.COURSE, KEY.hex) is None


def test_a_key_of_the_service_is_written_and_read() -> None:
    minted = uuid7()
    assert ids.from_text(ids.PURCHASE, ids.to_text(ids.PURCHASE, minted)) == UUID(bytes=minted.bytes)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_example_of_a_type_is_an_id_of_it(prefix: str) -> None:
    assert ids.prefix_of(ids.EXAMPLES[prefix]) == prefix


MALFORMED = [
    *("", "pay", "pay_", "_", SUFFIX, f"_{SUFFIX}", f"pay{SUFFIX}", f"pay-{SUFFIX}", f"pay_{KEY}", KEY.hex),
    *(f"PAY_{SUFFIX}", f"pay_{SUFFIX.upper()}", f" pay_{SUFFIX}", f"pay_{SUFFIX} ", f"pay_{SUFFIX}\n"),
    *(f"pay_{SUFFIX[:-1]}", f"pay_{SUFFIX}0", f"pay_{SUFFIX}\x00", f"pay_8{SUFFIX[1:]}", f"pay_z{SUFFIX[1:]}"),
    *(f"pay_{SUFFIX[:-1]}{letter}" for letter in "ilouILOU-_=+/é\u0661\ud800\U0001f9d8"),
    *(f"pay_pay_{SUFFIX}", f"pay_crs_{SUFFIX}", f"pay__{SUFFIX}", f"usr_{SUFFIX}", f"p\u0430y_{SUFFIX}"),
    *("pay_" * 10_000, f"pay_{SUFFIX * 10_000}", "null", "0", "-1", "pay_%00", "pay_' OR 1=1 --"),
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: ascii(text)[:60])
def test_whatever_is_not_written_so_is_no_id(text: str) -> None:
    assert ids.prefix_of(text) is None
    assert [ids.from_text(prefix, text) for prefix in PREFIXES] == [None, None, None]


@settings(derandomize=True, max_examples=many(100))
@given(st.text(max_size=40) | st.text("pay_01m82z", max_size=31).map(lambda text: f"pay_{text}"))
def test_no_text_at_all_is_an_error(text: str) -> None:
    key = ids.from_text("pay", text)
    assert key is None or ids.to_text("pay", key) == text


@pytest.mark.anyio
async def test_an_id_is_written_alike_of_a_value_and_of_a_view_of_its_row(service: Service) -> None:
    course = await service.save_course()
    bought, opened = await service.created(course), await service.opened(student("another"), course)
    reads = Snapshot(service.reader)
    views: Sequence[tuple[Any, str, Any]] = (
        (await reads.find(PURCHASE_BY_ID, bought.id), ids.PURCHASE, Purchase),
        (await reads.find(PAYMENT_BY_ID, opened.id), ids.PAYMENT, Payment),
        (await reads.find(COURSE_BY_ID, course.id), ids.COURSE, Course),
    )
    for view, prefix, wrapping in views:
        assert view is not whole(view)
        written = {wrapping.of(each).id for each in (view, whole(view))}
        assert written == {ids.to_text(prefix, view.id)}


@settings(derandomize=True)
@given(st.uuids(), st.sampled_from(sorted(ids.EXAMPLES)))
def test_an_id_is_written_of_its_bytes_as_it_is_itself(key: UUID, prefix: str) -> None:
    read: Any = ids.id_field(prefix)
    made = read.read
    assert made.of_stored["bytes"](key.bytes) == made(SimpleNamespace(id=key)) == ids.to_text(prefix, key)
