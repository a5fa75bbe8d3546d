"""Which types a body may have by its header, and what reading a stranger's header may take."""

import re
import signal
from collections.abc import Iterator

import pytest

from gateway.http.bodies import ANY_JSON, JSON

TOO_LONG_S = 20
"""What takes milliseconds; by trying every way to share the blanks out it took days."""

BLANKS = " " * 1_000_000


@pytest.fixture
def ended() -> Iterator[None]:
    """The test fails once it takes too long: matching heeds signals."""

    def end(*_: object) -> None:
        pytest.fail("it takes without end")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(TOO_LONG_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "parameters",
    [
        *("", ";", " ; ", "; charset=utf-8", ';charset="utf-8"', "; charset=UTF8 ;", " ;  charset=utf-8 ; "),
        *(f"{BLANKS};{BLANKS}", f";{BLANKS}charset=utf-8{BLANKS};{BLANKS}"),
    ],
    ids=range(9),
)
@pytest.mark.usefixtures("ended")
def test_json_in_utf8_is_known_however_it_is_spaced(parameters: str) -> None:
    assert JSON.fullmatch(f"application/json{parameters}")
    assert ANY_JSON.fullmatch(f"application/problem+json{parameters}")


@pytest.mark.parametrize(
    "given",
    [
        *("text/json", "application/json;;", "application/json; charset=utf-16", "application/json charset=utf-8"),
        *(f"application/json{BLANKS}x", f"application/json;{BLANKS}x", f"application/json; charset=utf-8{BLANKS}x"),
        f"application/json{BLANKS};{BLANKS};",
    ],
    ids=range(8),
)
@pytest.mark.parametrize("wanted", [JSON, ANY_JSON])
@pytest.mark.usefixtures("ended")
def test_anything_else_is_refused_at_once_however_long_it_is(wanted: re.Pattern[str], given: str) -> None:
    assert wanted.fullmatch(given) is None
