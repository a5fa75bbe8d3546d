"""Bodies that the old door cannot mean: each wrong field is named, and none is our fault."""

import json
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import KINDS
from tests.draws import many
from tests.resolvers.wrong_input import SUBJECTS_OF_NONE
from tests.served.old_door import LOOSE, Door, opened


@pytest.fixture(scope="module", params=KINDS)
def door(request: pytest.FixtureRequest) -> Iterator[Door]:
    with opened(request) as door:
        yield door


def test_every_field_that_is_not_right_is_named_at_once(door: Door) -> None:
    wrong = {"isSundayOnly": "perhaps", "timeSlot": "noon", "sessionDuration": 5, "date": "soon", "\ud800": "x"}
    body = {"studentId": 7, "courseId": "yoga", "purchaseTier": 4, "expiryDate": "soon", "metadata": wrong}
    envelope = door.refused(400, body)
    assert envelope["code"] == "INVALID_INPUT"
    assert sorted(error["path"] for error in envelope["errors"]) == [
        "courseId",
        "expiryDate",
        "metadata.date",
        "metadata.isSundayOnly",
        "metadata.sessionDuration",
        "metadata.timeSlot",
        "metadata.\ud800",
        "purchaseTier",
        "studentId",
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"studentId": " "}, "studentId"),
        *[({"studentId": text}, "studentId") for text in SUBJECTS_OF_NONE],
        ({"courseId": None}, "courseId"),
        ({"courseId": "crs_" + "z" * 26}, "courseId"),
        ({"purchaseTier": None}, "purchaseTier"),
        ({"purchaseTier": "GOLD"}, "purchaseTier"),
        ({"sessionCount": 5}, "sessionCount"),
        ({"expiryDate": "2020-01-01"}, "expiryDate"),
        ({"metadata": "Sunday"}, "metadata"),
        ({"metadata": {**LOOSE, "sessionDuration": 45}}, "metadata.sessionDuration"),
        ({"metadata": {**LOOSE, "purchaseTier": "PREMIUM"}}, "metadata.purchaseTier"),
        ({"metadata": {**LOOSE, "studentId": [[]]}}, "metadata.studentId"),
        ({"metadata": {**LOOSE, **{f"k{n}": n for n in range(21)}}}, "metadata"),
    ],
)
def test_a_wrong_field_is_named(door: Door, changes: dict[str, object], path: str) -> None:
    assert [error["path"] for error in door.refused(400, door.body(**changes))["errors"]] == [path]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"studentId": NaN}', b"9" * 5000])
def test_a_body_that_is_no_object_is_refused(door: Door, content: bytes) -> None:
    assert door.post(content=content).status_code == 400


def test_a_body_nested_without_end_is_refused(door: Door) -> None:
    assert door.post(content=b'{"metadata":' + b"[" * 60_000).status_code == 400
    for depth in range(50, 1000, 25):
        nested = b"[" * depth + b"]" * depth
        sent = b'{"studentId":1,"metadata":{"studentId":%b,"timeSlot":%b,"x":%b}}' % (nested, nested, nested)
        assert door.post(content=sent).status_code == 400


def test_a_body_too_large_is_refused_however_it_comes(door: Door) -> None:
    most = door.server.settings.limit_body_bytes
    large = b" " * (most + 1)
    assert door.post(content=large).status_code == 413
    headers = door.server.service().headers() | {"Content-Type": "application/json"}
    chunked = httpx.post(door.url, content=iter([large[:40_000], large[40_000:]]), headers=headers)
    assert chunked.status_code == 413
    fits = json.dumps(door.body()).encode().ljust(most)
    assert door.post(content=fits).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/json; charset=utf-16"}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Content_Type": "application/json; charset=UTF-8"}, 201),
        ({"Content_Type": "application/vnd.api+json"}, 201),
    ],
)
def test_only_json_is_read(door: Door, headers: dict[str, str], status: int) -> None:
    assert door.post(door.body(), **headers).status_code == status  # type: ignore[arg-type]  # headers are texts


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS = ("studentId", "courseId", "purchaseTier", "sessionCount", "expiryDate", "metadata")


@settings(max_examples=many(60), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, json_values)),
    st.fixed_dictionaries({}, optional=dict.fromkeys((*LOOSE, "date", "timeZone", "note", *FIELDS), json_values)),
)
def test_no_body_is_our_fault(door: Door, changes: dict[str, object], metadata: dict[str, object]) -> None:
    body = door.body(metadata={**LOOSE, **metadata}) | changes
    assert door.post(body).status_code in (200, 201, 400, 404, 409)
