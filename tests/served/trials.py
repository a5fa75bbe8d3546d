"""A gateway in an outage of its database: all of its doors are asked meanwhile and afterwards, its runner has a job
under way, and its log, its books and its readiness are looked at."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

from tests.cli.terminal import Said
from tests.cli.terminal import gateway as command
from tests.cli.test_grant import granting
from tests.served.doors import DOORS, PAYMENT, READING, SETTINGS, Shop, Told, timed
from tests.served.gateway import creating
from tests.served.logged import Logged
from tests.served.operations import CREATE_PURCHASE
from tests.served.server import environment
from tests.served.streams import Events, events
from tests.served.subscriber import Slow

TOO_LONG_S = 60
"""What nothing takes, and no test waits for without end."""

Commands = Mapping[str, tuple[str, ...]]

PATIENT = {name for name in READING if name.startswith("a subscription")}
"""Doors that wait for ten seconds for changes to be followed again."""


class When(Enum):
    """When `/readyz` has to say that there is an outage."""

    WHILE_ALL_ASK = "from its beginning on all doors are asked"
    WHILE_NOBODY_ASKS = "before anybody asks for anything"
    NEVER = "it may be over too soon"


@dataclass
class Seen:
    """What an outage was like."""

    during: dict[str, list["Future[Told]"]] = field(default_factory=dict)
    """By door, what came of each call."""
    said: dict[str, Said] = field(default_factory=dict)
    """By command of the command line."""
    unready_s: float = 0.0
    """How long after the outage began `/readyz` was 503."""
    back_s: dict[str, float] = field(default_factory=dict)
    """By door, how long after the outage it served again."""
    ready_again_s: float = 0.0
    log: list[dict[str, Any]] = field(default_factory=list)
    """Without requests."""
    lost: list[str] = field(default_factory=list)
    """What was answered as done, and is not there; or is there, and was said not to be done; or is there twice."""
    jobs: Counter[tuple[str, int]] = field(default_factory=Counter)
    """State and attempts of the jobs at the end."""
    followed: str = ""
    """The status of a payment, as a stream that was open all the time tells it last."""

    def told(self, door: str) -> list[Told]:
        """Of each call. Raises: AssertionError, where one was answered otherwise than all are in an outage."""
        return [each.result() for each in self.during[door]]


def tried(
    logged: Logged,
    subscriber: Slow,
    outage: Callable[[], AbstractContextManager[object]],
    *,
    doors: Iterable[str] = DOORS,
    commands: Commands | None = None,
    when: When = When.WHILE_ALL_ASK,
) -> Seen:
    """Have an outage.

    Args:
        doors: those that are asked.
        commands: of the command line, which are run meanwhile.
    """
    shop, seen = Shop(logged.gateway), Seen()
    for name in doors:
        assert timed(DOORS[name], shop).is_done, name
    assert subscriber.is_told.wait(TOO_LONG_S), "a job is under way, and stays so until its subscriber answers"
    before = len(logged.lines())
    with ExitStack() as stack:
        followed = stack.enter_context(events(shop.buyer, PAYMENT, id=shop.payment))
        assert followed.data()["status"] == "REQUIRES_PAYMENT"
        with outage(), ThreadPoolExecutor(32) as pool:
            _have(seen, shop, pool, [*doors], when)
            subscriber.may_answer.set()
            for name, words in (commands or {}).items():
                given = granting(shop.course, student="granted-at-a-terminal") if words[0] == "purchase" else ()
                seen.said[name] = command(*words, *given, env=environment(logged.gateway.database_url))
        _recover(seen, shop, [*doors])
        seen.followed = _bought(shop, followed)
    _until(lambda: _is_told(logged.lines()[before:]))
    seen.log = [line for line in logged.lines()[before:] if line["event"] != "request"]
    seen.lost = [*_lost(shop)]
    _until(lambda: all(state == "COMPLETED" for state, _ in _jobs(shop)))
    seen.jobs = Counter(_jobs(shop))
    return seen


def settings(subscriber: Slow) -> dict[str, str]:
    """Of a gateway whose outages are tried."""
    # A lease that is longer than the outage: whose run out while nothing can be written are taken for dead.
    return {**SETTINGS, "worker": "true", "job_lease_s": "300", "event_subscribers": subscriber.setting}


def _have(seen: Seen, shop: Shop, pool: ThreadPoolExecutor, doors: list[str], when: When) -> None:
    """Ask all doors at once, and most of them again once all have answered, and `/readyz` from the beginning."""
    began = time.monotonic()

    def is_told() -> None:
        _until(lambda: not _is_ready(shop))
        seen.unready_s = time.monotonic() - began

    if when is When.WHILE_NOBODY_ASKS:
        is_told()
    asked = [(name, pool.submit(timed, DOORS[name], shop)) for name in doors]
    if when is When.WHILE_ALL_ASK:
        is_told()
    wait([each for _, each in asked])
    asked += [(name, pool.submit(timed, DOORS[name], shop)) for name in doors if name not in PATIENT]
    wait([each for _, each in asked])
    for name, each in asked:
        seen.during.setdefault(name, []).append(each)


def _recover(seen: Seen, shop: Shop, doors: list[str]) -> None:
    began = time.monotonic()
    for name in doors:
        door = partial(timed, DOORS[name], shop)
        _until(lambda door=door: door().is_done)  # type: ignore[misc]  # bound at once
        seen.back_s[name] = time.monotonic() - began
    _until(lambda: _is_ready(shop))
    seen.ready_again_s = time.monotonic() - began


def _bought(shop: Shop, followed: Events) -> str:
    """The payment is made; its stream tells so, whatever it told before."""
    _until(lambda: "ConfirmPaymentSuccess" in shop.confirmed())
    while (status := str(followed.data()["status"])) != "SUCCEEDED":
        pass
    return status


def _lost(shop: Shop) -> Iterable[str]:
    """By what each caller was told last; and then each asks again."""
    for told, found in (
        (shop.granted, _counted(shop, "SELECT student_id FROM purchase")),
        (shop.events, _counted(shop, "SELECT event_id FROM provider_event")),
    ):
        for name, each in told.items():
            least, most = int(each.is_done), int(each.is_done or each.may_be_done)
            if not least <= found[name] <= most:
                yield f"{name}: {each}, and is there {found[name]} times"
    _granted_again(shop)
    twice = [name for name, times in _counted(shop, "SELECT student_id FROM purchase").items() if times != 1]
    yield from (f"{name} is there more than once" for name in twice)


def _granted_again(shop: Shop) -> None:
    for student in [*shop.granted]:
        given = {**creating(shop.course, student), "idempotencyKey": student}
        assert shop.gateway.admin.did(CREATE_PURCHASE, **given)["__typename"] == "CreatePurchaseSuccess"


def _counted(shop: Shop, sql: str) -> Counter[str]:
    return Counter(name for (name,) in shop.gateway.rows(sql))


def _jobs(shop: Shop) -> list[tuple[str, int]]:
    """But for sweeps, which are run again and again."""
    rows = shop.gateway.rows("SELECT kind, state, attempts FROM job")
    return [(state, attempts) for kind, state, attempts in rows if not kind.startswith("sweep.")]


def _is_ready(shop: Shop) -> bool:
    return shop.gateway.http.get(shop.at("/readyz")).status_code == 200


def _is_told(lines: list[dict[str, Any]]) -> bool:
    """Whether every outage that began has ended."""
    told = Counter(line["event"] for line in lines)
    return told["outage began"] == told["outage ended"]


def _until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + TOO_LONG_S
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.02)
