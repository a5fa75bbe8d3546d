"""Who is told, by the names that jobs know them by."""

import re

import pytest

from gateway.schema.conventions import ids
from gateway.services.subscribers.course_service import CourseServiceSubscriber
from gateway.services.subscribers.roster import LONGEST_PLACE, build_subscribers, name_of
from gateway.services.subscribers.webhook import WebhookSubscriber
from tests.services.subscribers.examples import NEW, OLD, now, purchase_event
from tests.services.subscribers.listener import Listener

pytestmark = pytest.mark.anyio


def test_a_name_is_host_and_path_and_a_hash_of_the_whole_address() -> None:
    assert name_of("https://hooks.example.com/gateway?token=hunter2") == "hooks.example.com/gateway#570c5947"
    assert re.fullmatch(r"127\.0\.0\.1:8420/#[0-9a-f]{8}", name_of("http://127.0.0.1:8420/"))


def test_addresses_that_differ_in_the_query_alone_have_different_names() -> None:
    assert name_of("https://h.example/?a=1") != name_of("https://h.example/?a=2")


def test_a_name_is_never_long() -> None:
    one, other = (name_of(f"https://h.example/{'x' * 5000}{end}") for end in "ab")
    assert len(one) == len(other) == LONGEST_PLACE + 9
    assert one != other


async def test_everybody_is_found_by_name_and_can_be_told(listener: Listener) -> None:
    urls = [f"{listener.url}/one", f"{listener.url}/two"]
    told = build_subscribers(
        [(urls[0], [OLD]), (urls[1], [OLD, NEW])], "gateway", listener.url, "abc", to_text=ids.to_text, clock=now
    )
    assert list(told) == [name_of(urls[0]), name_of(urls[1]), "course-service"]
    assert [each.name for each in told.values()] == list(told)
    assert [type(each) for each in told.values()] == [WebhookSubscriber, WebhookSubscriber, CourseServiceSubscriber]
    for each in told.values():
        await each.send(purchase_event())
        await each.close()
    assert [sent.line.split()[1] for sent in listener.sent] == ["/one", "/two", "/api/v1/purchases"]


def test_nobody_is_told_where_nobody_is_named() -> None:
    assert build_subscribers([], "gateway", None, None, to_text=ids.to_text, clock=now) == {}
