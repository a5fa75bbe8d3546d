"""What each caller has at once, and in a second, by a clock that the test moves."""

import pytest
from graphql import GraphQLError

from gateway.http.callers import (
    BYTES_FOR_ONE,
    CHARACTER,
    CONNECTING,
    MESSAGE,
    OPERATION,
    PARSED_FOR_ONE,
    PARSED_FREE_BYTES,
    VARIABLES_FREE_BYTES,
    Callers,
    Places,
    budgets,
)
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings
from tests.http.test_rate_limits import OTHER, STUDENT, Clock, connection

SERVICE = Actor("service-1", Role.SERVICE)

COSTS = {
    "cost_viewer_burst": 10 * OPERATION,
    "cost_viewer_per_s": OPERATION,
    "cost_address_burst": 25 * OPERATION,
    "cost_address_per_s": 10 * OPERATION,
}


def callers(clock: Clock | None = None, **changes: object) -> Callers:
    return Callers(Settings.model_validate({**COSTS, **changes}), clock or Clock())


def told(error: GraphQLError | None) -> tuple[object, object] | None:
    """The code and the seconds to wait; None where it was let in."""
    if error is None:
        return None
    found = error.extensions or {}
    return found["code"], found["retryAfterSeconds"]


# ---------------------------------------------------------------- at once


def test_a_viewer_and_an_address_each_have_so_many_places() -> None:
    places = Places(2, 3)
    assert [places.enter("ann", "here") for _ in range(3)] == [True, True, False]
    assert [places.enter("bob", "here") for _ in range(2)] == [True, False]
    assert places.enter("bob", "there")
    places.leave("ann", "here")
    assert [places.enter("cid", "here") for _ in range(2)] == [True, False]


def test_who_is_refused_by_his_address_has_no_place_less_elsewhere() -> None:
    places = Places(1, 1)
    assert places.enter(None, "here")
    assert not places.enter("ann", "here")
    assert places.enter("ann", "there")


def test_places_remember_nobody_who_left() -> None:
    places = Places(5, 5)
    for name in ("ann", None, "bob"):
        assert places.enter(name, "here")
    for name in ("ann", None, "bob"):
        places.leave(name, "here")
    assert len(places) == 0


def test_without_a_name_or_an_address_nothing_is_counted() -> None:
    places = Places(1, 1)
    assert [places.enter(None, None) for _ in range(3)] == [True] * 3
    places.leave(None, None)
    assert len(places) == 0


def test_operations_of_a_viewer_count_over_all_connections() -> None:
    all_of_them = callers(limit_viewer_in_flight=2)
    one, other = (all_of_them.of(connection(each), STUDENT) for each in ("192.0.2.1", "192.0.2.2"))
    assert [told(each.enter()) for each in (one, other, one)] == [None, None, ("RATE_LIMITED", 1)]
    assert told(all_of_them.of(connection(), OTHER).enter()) is None
    other.leave()
    assert told(one.enter()) is None


def test_subscriptions_have_places_of_their_own() -> None:
    caller = callers(limit_viewer_subscriptions=1, limit_viewer_in_flight=1).of(connection(), STUDENT)
    assert [told(caller.enter()), told(caller.subscribe())] == [None, None]
    assert told(caller.subscribe()) == ("RATE_LIMITED", 5)
    caller.unsubscribe()
    assert told(caller.subscribe()) is None


def test_one_address_leaves_room_for_the_others_by_default() -> None:
    settings = Settings()
    assert settings.limit_viewer_in_flight < settings.limit_address_in_flight < settings.limit_in_flight
    assert settings.limit_viewer_subscriptions < settings.limit_address_subscriptions < 10_000
    assert settings.limit_viewer_sockets < settings.limit_address_sockets < settings.limit_sockets
    (of_viewer, _), (of_address, _) = budgets(settings)
    assert settings.limit_cost * 5 <= of_viewer <= of_address // 10


def test_who_may_change_more_may_read_more_unless_the_operator_says_otherwise() -> None:
    assert budgets(Settings()) == ((200_000, 20_000), (2_000_000, 200_000))
    faster = Settings(rate_viewer_per_s=1_000, rate_address_per_s=10_000, cost_address_burst=7)
    assert budgets(faster) == ((20_000_000, 2_000_000), (7, 20_000_000))


# ---------------------------------------------------------------- in a second


@pytest.mark.parametrize(("viewer", "times"), [(STUDENT, 10), (Actor("a", Role.ADMIN), 10), (SERVICE, 25), (None, 25)])
def test_what_is_asked_is_paid_by_its_viewer_and_its_address(viewer: Actor | None, times: int) -> None:
    caller = callers().of(connection(), viewer)
    assert [told(caller.ask(0, 0)) for _ in range(times)] == [None] * times
    assert told(caller.ask(0, 0)) == ("RATE_LIMITED", 1)


def test_what_costs_more_takes_longer_to_come_back() -> None:
    clock = Clock()
    caller = callers(clock).of(connection(), STUDENT)
    assert told(caller.ask(9 * OPERATION, 0)) is None
    assert told(caller.ask(4 * OPERATION, 0)) == ("RATE_LIMITED", 5)
    clock.now_s += 5
    assert told(caller.ask(4 * OPERATION, 0)) is None


def test_an_address_is_paid_for_by_all_behind_it() -> None:
    all_of_them = callers()
    behind = [all_of_them.of(connection(), Actor(f"s{n}", Role.STUDENT)) for n in range(30)]
    assert [each.ask(0, 0) is None for each in behind].count(True) == 25
    assert all_of_them.of(connection("192.0.2.2"), STUDENT).ask(0, 0) is None


def test_a_document_is_paid_for_by_its_length_and_by_strangers_as_by_one_viewer() -> None:
    length = 5 * OPERATION // CHARACTER
    for viewer in (STUDENT, None):
        caller = callers().of(connection(), viewer)
        assert [told(caller.read(length)) for _ in range(3)] == [None, None, ("RATE_LIMITED", 5)]
    stranger = callers().of(connection(), None)
    assert [told(stranger.read(length)) for _ in range(2)] == [None, None]
    assert told(stranger.ask(0, 0)) is None, "what is known already, strangers still may ask"


def test_variables_are_paid_for_by_their_size_and_by_strangers_as_by_one_viewer() -> None:
    size = VARIABLES_FREE_BYTES + 4 * OPERATION * BYTES_FOR_ONE
    viewer, stranger = (callers().of(connection(), each) for each in (STUDENT, None))
    assert [told(viewer.ask(0, 0, size)) for _ in range(3)] == [None, None, ("RATE_LIMITED", 5)]
    assert [told(stranger.ask(0, 0, size)) for _ in range(3)] == [None, None, ("RATE_LIMITED", 2)]
    assert told(stranger.ask(0, 0, VARIABLES_FREE_BYTES)) is None


def test_a_mutation_with_long_variables_is_paid_for_as_well() -> None:
    caller = callers(cost_viewer_burst=1_000, cost_viewer_per_s=100).of(connection(), STUDENT)
    size = VARIABLES_FREE_BYTES + 900 * BYTES_FOR_ONE
    assert [told(caller.ask(0, 1, size)) for _ in range(2)] == [None, ("RATE_LIMITED", 10)]


def test_a_long_body_is_paid_for_before_it_is_parsed() -> None:
    size = 9 * OPERATION * PARSED_FOR_ONE
    assert size > PARSED_FREE_BYTES
    for viewer in (STUDENT, None):
        caller = callers().of(connection(), viewer)
        assert [told(caller.parse(each)) for each in (size, PARSED_FREE_BYTES, size)] == [
            None,
            None,
            ("RATE_LIMITED", 8),
        ]


def test_to_connect_is_paid_for_by_the_viewer_or_by_all_strangers_of_an_address_together() -> None:
    times = 10 * OPERATION // CONNECTING
    for viewer in (STUDENT, None):
        all_of_them = callers()
        each = [all_of_them.of(connection(), viewer) for _ in range(times + 1)]
        assert [told(one.connect()) for one in each] == [None] * times + [("RATE_LIMITED", 2)]
        assert told(all_of_them.of(connection("192.0.2.2"), OTHER).connect()) is None


def test_what_strangers_say_on_sockets_is_paid_for_by_their_address_and_what_viewers_say_is_not() -> None:
    all_of_them = callers()
    stranger, viewer = (all_of_them.of(connection(), each) for each in (None, STUDENT))
    weight = 5 * OPERATION // MESSAGE
    assert [stranger.may_say(weight) for _ in range(3)] == [True, True, False]
    assert all(viewer.may_say(weight) for _ in range(100))


def test_a_longer_document_than_a_bucket_holds_takes_a_full_one() -> None:
    caller = callers().of(connection(), STUDENT)
    assert told(caller.read(1_000_000)) is None
    assert told(caller.read(1)) == ("RATE_LIMITED", 1)


def test_mutations_have_their_rate_besides() -> None:
    caller = callers(rate_viewer_burst=2, rate_viewer_per_s=0.5, limit_root_fields=2).of(connection(), STUDENT)
    assert [told(caller.ask(0, 1)) for _ in range(3)] == [None, None, ("RATE_LIMITED", 2)]
    assert told(caller.ask(0, 0)) is None


def test_a_large_mutation_is_paid_for_as_well() -> None:
    caller = callers(cost_viewer_burst=1_000, cost_viewer_per_s=100).of(connection(), STUDENT)
    assert [told(caller.ask(900, 1)) for _ in range(2)] == [None, ("RATE_LIMITED", 10)]
    assert told(caller.ask(30, 1)) is None


def test_results_of_subscriptions_are_put_off_and_not_refused() -> None:
    clock = Clock()
    caller = callers(clock).of(connection(), STUDENT)
    assert [caller.pace_s(4 * OPERATION) for _ in range(3)] == [0.0, 0.0, pytest.approx(5.0)]
    clock.now_s += 5
    assert caller.pace_s(4 * OPERATION) == 0.0
