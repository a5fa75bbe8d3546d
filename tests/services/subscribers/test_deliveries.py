"""When a delivery counts, when it is to be repeated, and what a subscriber cannot do to us."""

import re
import traceback
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.schema.conventions import ids
from gateway.services.subscribers.base import Undelivered
from gateway.services.subscribers.course_service import CourseServiceSubscriber
from gateway.services.subscribers.http_delivery import LONGEST_RETRY_AFTER_S, seconds_until
from gateway.services.subscribers.webhook import WebhookSubscriber
from tests.draws import many
from tests.services.subscribers.examples import AT, NEW, OLD, QUERY, purchase_event
from tests.services.subscribers.listener import (
    Answer,
    Listener,
    replying,
    resetting,
    silent,
    writing,
    writing_without_end,
)

pytestmark = pytest.mark.anyio

TOKEN = "correct-horse"
SHORT_S = 0.05
"""A deadline for answers that never come; nothing else is given it."""

SubscriberConfig = WebhookSubscriber | CourseServiceSubscriber
Making = Callable[..., SubscriberConfig]


@pytest.fixture(params=["webhook", "course service"])
async def making(request: pytest.FixtureRequest, listener: Listener) -> AsyncIterator[Making]:
    """Makes a subscriber of either kind, at the listener unless elsewhere."""
    made: list[SubscriberConfig] = []

    def make(base: str = listener.url, deadline_s: float = 10.0) -> SubscriberConfig:
        told: SubscriberConfig
        if request.param == "webhook":
            url = f"{base}/gateway{QUERY}"
            told = WebhookSubscriber(
                "name", url, (OLD, NEW), "gateway", ids.to_text, clock=lambda: AT, deadline_s=deadline_s
            )
        else:
            told = CourseServiceSubscriber(base, TOKEN, clock=lambda: AT, deadline_s=deadline_s)
        made.append(told)
        return told

    yield make
    for told in made:
        await told.close()


async def undelivered(told: SubscriberConfig) -> Undelivered:
    """The failure of a delivery, which holds nothing that nobody should read, nor leads to it."""
    with pytest.raises(Undelivered) as caught:
        await told.send(purchase_event())
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert [secret for secret in (OLD, NEW, OLD[6:], NEW[6:], "hunter2", TOKEN) if secret in shown] == []
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return caught.value


async def test_any_2xx_is_delivered(making: Making, listener: Listener) -> None:
    told = making()
    listener.answers = [replying(status) for status in (200, 201, 202, 204, 299)]
    for _ in range(5):
        await told.send(purchase_event())
    assert len(listener.sent) == 5


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 408, 410, 429, 500, 503])
async def test_any_other_status_is_named_and_to_be_repeated(making: Making, listener: Listener, status: int) -> None:
    listener.answers = [replying(status, b"the secret is hunter2")]
    error = await undelivered(making())
    assert (str(error), error.retry_after_s) == (f"answered {status}", 0)


async def test_a_409_is_delivered_to_the_course_service_alone(making: Making, listener: Listener) -> None:
    listener.answers = [replying(409)]
    told = making()
    if isinstance(told, CourseServiceSubscriber):
        await told.send(purchase_event())
    else:
        assert str(await undelivered(told)) == "answered 409"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("place", ["/elsewhere", "https://xn--n3h.net/", "//[", "http://h:99999999/"])
async def test_a_redirect_is_not_followed(making: Making, listener: Listener, status: int, place: str) -> None:
    listener.answers = [replying(status, Location=place)]
    assert str(await undelivered(making())) == f"answered {status}"
    assert len(listener.sent) == 1


@pytest.mark.parametrize(
    ("said", "asked_s"),
    [
        ("120", 120),
        ("3600", 3600),
        ("3601", LONGEST_RETRY_AFTER_S),
        ("9" * 5000, LONGEST_RETRY_AFTER_S),
        (format_datetime(AT.replace(microsecond=0) + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(AT + timedelta(days=3), usegmt=True), LONGEST_RETRY_AFTER_S),
        ("Sunday, 01-Nov-26 12:31:15 GMT", 60),
        ("Sun Nov  1 12:31:15 2026", 60),
        (format_datetime(AT - timedelta(seconds=1), usegmt=True), 0),
        ("0", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("", 0),
        ("Sun, 01 Nov 99999999999999999999 12:31:15 GMT", 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_heard_and_bounded(
    making: Making, listener: Listener, status: int, said: str, asked_s: int
) -> None:
    listener.answers = [replying(status, Retry_After=said)]
    error = await undelivered(making())
    assert (str(error), error.retry_after_s) == (f"answered {status}", asked_s)


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(st.text(st.characters(max_codepoint=255)) | st.from_regex(r"Sun, [0-9]+ Nov [0-9]+ [0-9:]+ ([A-Z]+|[+-][0-9]+)"))
def test_no_date_that_a_subscriber_names_is_our_fault(said: str) -> None:
    assert seconds_until(said, AT) >= 0


async def test_retry_after_beside_another_status_says_nothing(making: Making, listener: Listener) -> None:
    listener.answers = [replying(500, Retry_After="120")]
    assert (await undelivered(making())).retry_after_s == 0


@pytest.mark.parametrize(
    "answer",
    [
        silent,
        writing_without_end(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    ],
)
async def test_a_subscriber_that_comes_to_no_answer_is_given_up(
    making: Making, listener: Listener, answer: Answer
) -> None:
    listener.answers = [answer]
    assert str(await undelivered(making(deadline_s=SHORT_S))) == "did not answer within 0.05 s"
    await listener.all_hung_up()


async def test_a_subscriber_that_resets_is_to_be_repeated(making: Making, listener: Listener) -> None:
    listener.answers = [resetting]
    assert str(await undelivered(making())) == "broke off the connection"


@pytest.mark.parametrize(
    "answer",
    [
        writing(b""),
        writing(b"hunter2 hunter2\r\n\r\n"),
        writing(b"HTTP/1.1 200 OK\r\n"),
        writing_without_end(b"HTTP/1.1 200 OK\r\n", b"x: " + b"y" * 1000 + b"\r\n"),
    ],
)
async def test_an_answer_that_is_none_is_to_be_repeated(making: Making, listener: Listener, answer: Answer) -> None:
    listener.answers = [answer]
    assert str(await undelivered(making())) == "hung up without an answer, or answered no HTTP"
    await listener.all_hung_up()


async def test_nobody_at_the_address_is_to_be_repeated(making: Making, listener: Listener, free_url: str) -> None:
    assert str(await undelivered(making(free_url))) == "could not be reached"
    assert listener.sent == []


async def test_a_failed_tls_handshake_is_named(making: Making, not_tls_url: str) -> None:
    assert str(await undelivered(making(not_tls_url))) == "failed the TLS handshake"


@pytest.mark.parametrize("status", [200, 500])
async def test_the_body_of_an_answer_is_not_read_so_an_endless_one_does_no_harm(
    making: Making, listener: Listener, status: int
) -> None:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: text/plain\r\n\r\n".encode()
    listener.answers = [writing_without_end(head, b"x" * 65_536)]
    told = making()
    if status == 200:
        await told.send(purchase_event())
    else:
        assert str(await undelivered(told)) == "answered 500"
    await listener.all_hung_up()


async def test_cookies_are_not_kept(making: Making, listener: Listener) -> None:
    listener.answers = [replying(200, Set_Cookie="a=b; Path=/")]
    told = making()
    await told.send(purchase_event())
    await told.send(purchase_event())
    assert [sent.headers.get("cookie") for sent in listener.sent] == [None, None]


async def test_after_a_failure_the_next_delivery_goes_well(making: Making, listener: Listener) -> None:
    told = making()
    listener.answers = [resetting]
    await undelivered(told)
    await told.send(purchase_event())
    assert re.fullmatch(r"POST /\S+ HTTP/1.1", listener.sent[-1].line)
