"""How often one caller may change something, by a clock that the test moves."""

from dataclasses import dataclass

import pytest
from starlette.requests import HTTPConnection
from structlog.testing import capture_logs

from gateway.http.rate_limits import Buckets, MutationRate, network_of
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings

STUDENT = Actor("student-1", Role.STUDENT)
OTHER = Actor("student-2", Role.STUDENT)


@dataclass
class Clock:
    now_s: float = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def connection(peer: str | None = "192.0.2.1", *forwarded: str) -> HTTPConnection:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    client = None if peer is None else (peer, 50_000)
    return HTTPConnection({"type": "http", "headers": headers, "client": client})


def rate(clock: Clock, **changes: object) -> MutationRate:
    few = {"rate_viewer_burst": 3, "rate_viewer_per_s": 1, "rate_address_burst": 5, "rate_address_per_s": 2}
    return MutationRate(Settings.model_validate({"limit_root_fields": 1, **few, **changes}), clock)


# ---------------------------------------------------------------- buckets


def test_a_bucket_is_full_at_first_and_empties() -> None:
    buckets = Buckets(burst=2, per_s=4, clock=Clock())
    for _ in range(2):
        assert buckets.wait_s("a", 1) == 0
        buckets.take("a", 1)
    assert buckets.wait_s("a", 1) == pytest.approx(0.25)
    assert buckets.wait_s("b", 1) == 0


@pytest.mark.parametrize("per_s", [0.0001, 0.3, 3.0])
@pytest.mark.parametrize("burst", [1, 2, 7])
def test_all_that_a_bucket_holds_is_there_at_once_whatever_the_clock_says(burst: int, per_s: float) -> None:
    for step in range(2_000):
        buckets = Buckets(burst, per_s, Clock(9_000 + step * 0.1234567))
        for _ in range(burst):
            assert buckets.wait_s("ann", 1) == 0
            buckets.take("ann", 1)
        assert buckets.wait_s("ann", 1) > 0


def test_a_bucket_fills_by_and_by_and_never_over_its_brim() -> None:
    clock = Clock()
    buckets = Buckets(burst=2, per_s=4, clock=clock)
    buckets.take("a", 2)
    clock.now_s += 0.25
    assert buckets.wait_s("a", 1) == 0
    assert buckets.wait_s("a", 2) == pytest.approx(0.25)
    clock.now_s += 3_600
    buckets.take("a", 2)
    assert buckets.wait_s("a", 1) == pytest.approx(0.25)


def test_more_than_a_bucket_holds_takes_a_full_one() -> None:
    buckets = Buckets(burst=2, per_s=1, clock=Clock())
    assert buckets.wait_s("a", 50) == 0
    buckets.take("a", 50)
    assert buckets.wait_s("a", 50) == pytest.approx(2)


def test_no_more_callers_are_remembered_than_there_is_room_for() -> None:
    buckets = Buckets(burst=1, per_s=1, clock=Clock(), most=3)
    for caller in range(100):
        buckets.take(caller, 1)
    assert len(buckets) == 3
    assert [buckets.wait_s(caller, 1) > 0 for caller in (96, 97, 98, 99)] == [False, True, True, True]


def test_a_bucket_that_is_full_again_is_remembered_no_longer() -> None:
    clock = Clock()
    buckets = Buckets(burst=2, per_s=1, clock=clock)
    for caller in range(1_000):
        buckets.take(caller, 2)
        clock.now_s += 0.5
    assert len(buckets) == 4, "those of the last two seconds"
    assert [buckets.wait_s(caller, 2) > 0 for caller in (996, 997, 998, 999)] == [False, True, True, True]


def test_nothing_may_be_taken_of_a_bucket_that_is_full() -> None:
    buckets = Buckets(burst=2, per_s=1, clock=Clock())
    for _ in range(3):
        buckets.take("a", 0)
    assert (len(buckets), buckets.wait_s("a", 2)) == (0, 0)


def test_callers_that_came_together_are_forgotten_as_others_come() -> None:
    clock = Clock()
    buckets = Buckets(burst=1, per_s=1, clock=clock)
    for caller in range(100):
        buckets.take(caller, 1)
    clock.now_s += 1
    for caller in range(100, 200):
        buckets.take(caller, 1)
    assert len(buckets) == 100, "those of the last second"


def test_whoever_is_still_calling_is_not_the_one_that_is_forgotten() -> None:
    buckets = Buckets(burst=2, per_s=1, clock=Clock(), most=2)
    for caller in ("a", "b", "a", "c"):
        buckets.take(caller, 1)
    assert buckets.wait_s("a", 1) > 0
    assert buckets.wait_s("b", 2) == 0


# ---------------------------------------------------------------- both limits


def test_a_viewer_has_as_many_as_a_viewer_may() -> None:
    clock = Clock()
    limit = rate(clock)
    assert [limit.take(connection(), STUDENT, 1) for _ in range(4)] == [0, 0, 0, 1]
    clock.now_s += 1
    assert [limit.take(connection(), STUDENT, 1) for _ in range(2)] == [0, 1]


def test_what_is_refused_is_not_taken_from_the_address() -> None:
    limit = rate(Clock())
    assert [limit.take(connection(), STUDENT, 1) for _ in range(50)].count(0) == 3
    assert [limit.take(connection(), OTHER, 1) for _ in range(3)] == [0, 0, 1]


def test_the_same_id_in_another_role_is_another_caller() -> None:
    limit = rate(Clock())
    assert limit.take(connection(), Actor("x", Role.STUDENT), 3) == 0
    assert limit.take(connection("192.0.2.2"), Actor("x", Role.ADMIN), 3) == 0


def test_a_viewer_takes_the_limit_along_to_other_addresses() -> None:
    limit = rate(Clock())
    assert [limit.take(connection(f"192.0.2.{n}"), STUDENT, 1) for n in range(1, 6)] == [0, 0, 0, 1, 1]


def test_without_a_token_and_for_a_service_the_address_counts_alone() -> None:
    for viewer in (None, Actor("s", Role.SERVICE)):
        limit = rate(Clock())
        assert [limit.take(connection(), viewer, 1) for _ in range(7)] == [0, 0, 0, 0, 0, 1, 1]


def test_on_a_socket_without_addresses_the_viewer_counts_alone() -> None:
    limit = rate(Clock())
    assert [limit.take(connection(None), None, 1) for _ in range(50)] == [0] * 50
    assert [limit.take(connection(None), STUDENT, 1) for _ in range(4)] == [0, 0, 0, 1]


def test_the_seconds_to_wait_are_whole_ones_and_enough() -> None:
    clock = Clock()
    limit = rate(clock, rate_viewer_per_s=0.4)
    assert limit.take(connection(), STUDENT, 3) == 0
    wait_s = limit.take(connection(), STUDENT, 1)
    assert wait_s == 3
    clock.now_s += wait_s
    assert limit.take(connection(), STUDENT, 1) == 0


def test_a_forwarded_address_that_is_not_believed_is_said_once() -> None:
    limit = rate(Clock())
    with capture_logs() as logged:
        for n in range(3):
            limit.take(connection("192.0.2.1", f"198.51.100.{n}"), None, 1)
    assert [line["log_level"] for line in logged] == ["warning"]


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (2, "1.1.1.1, 203.0.113.9,198.51.100.7", "203.0.113.9"),
        (3, "203.0.113.9, 198.51.100.7", "192.0.2.1"),
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::"),
        (1, "unknown", "192.0.2.1"),
        (1, "203.0.113.9, ", "192.0.2.1"),
    ],
)
def test_an_address_is_that_which_a_trusted_proxy_added(proxies: int, forwarded: str, address: str) -> None:
    assert network_of("192.0.2.1", forwarded, proxies) == address


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
        (None, None),
    ],
)
def test_of_ipv6_the_network_counts(peer: str | None, network: str | None) -> None:
    assert network_of(peer, "", 0) == network
