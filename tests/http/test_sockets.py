"""How many WebSockets there are, and whose."""

from contextlib import ExitStack
from functools import partial

import pytest

from gateway.http.sockets import Seat, Sockets
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings
from tests.http.test_rate_limits import OTHER, STUDENT

SERVICE = Actor("service-1", Role.SERVICE)


def sockets(**changes: int) -> Sockets:
    few = {"limit_sockets": 50, "limit_address_sockets": 6, "limit_address_strangers": 2, "limit_viewer_sockets": 3}
    return Sockets(Settings.model_validate({**few, **changes}))


def seated(room: Sockets, network: str | None = "here", viewer: Actor | None = None) -> Seat:
    """One that keeps its place, for something is under way."""
    seat = idle(room, network, viewer)
    seat.hold()
    return seat


def idle(room: Sockets, network: str | None = "here", viewer: Actor | None = None) -> Seat:
    seat = room.seat(network)
    assert seat is not None
    assert viewer is None or seat.give_to(viewer)
    return seat


def told(*seats: Seat) -> list[Seat]:
    """Those of them that gave way, by and by."""
    gone: list[Seat] = []
    for seat in seats:
        seat.when_it_gives_way(partial(gone.append, seat))
    return gone


def test_without_a_token_an_address_has_few() -> None:
    room = sockets()
    for _ in range(2):
        seated(room)
    assert room.seat("here") is None
    assert room.seat("there") is not None


def test_a_token_makes_room_for_the_next_stranger() -> None:
    room = sockets()
    for number in range(6):  # with two places for strangers
        seated(room, viewer=Actor(f"s{number}", Role.STUDENT))
    assert room.seat("here") is None, "the address has as many as it may"


def test_a_viewer_has_so_many_over_all_addresses() -> None:
    room = sockets()
    seats = [seated(room, f"10.0.0.{number}", STUDENT) for number in range(3)]
    more = seated(room)
    assert not more.give_to(STUDENT)
    assert more.give_to(OTHER)
    with seats[0]:
        pass
    assert seated(room, "there").give_to(STUDENT)


def test_the_same_viewer_again_takes_nothing_more() -> None:
    room = sockets(limit_viewer_sockets=1)
    seat = seated(room, viewer=STUDENT)
    assert seat.give_to(STUDENT)
    assert not seated(room).give_to(STUDENT)


def test_a_service_is_counted_by_its_address_alone() -> None:
    room = sockets()
    for _ in range(6):
        seated(room, viewer=SERVICE)
    assert room.seat("here") is None


def test_strangers_of_many_addresses_leave_room_for_those_who_show_a_token() -> None:
    room = sockets()
    [*_, last] = [seated(room, f"10.0.0.{number}") for number in range(10)]
    assert room.seat("there") is None
    assert last.give_to(STUDENT)
    assert room.seat("there") is not None


def test_there_are_only_so_many_in_all() -> None:
    room = sockets(limit_sockets=5)
    for number in range(5):
        seated(room, f"10.0.0.{number}", Actor(f"s{number}", Role.STUDENT))
    assert room.seat("there") is None


@pytest.mark.parametrize("viewer", [None, STUDENT, SERVICE])
@pytest.mark.parametrize("network", [None, "here"])
def test_who_leaves_leaves_nothing(network: str | None, viewer: Actor | None) -> None:
    room = sockets()
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(seated(room, network, viewer))
        assert len(room) == 2
    assert (len(room), room._groups) == (0, {})


# ---------------------------------------------------------------- who gives way


def test_where_an_address_has_no_room_for_a_stranger_the_one_idle_for_longest_gives_way() -> None:
    room = sockets()
    seats = [idle(room), idle(room)]
    gone = told(*seats)
    seats[0].hold()
    seats[0].rest()
    newcomer = idle(room)
    assert gone == [seats[1]]
    gone = told(newcomer)
    idle(room)
    assert gone == [], "the other one was idle before it"


def test_whoever_has_something_under_way_keeps_his_place() -> None:
    room = sockets()
    busy, resting = idle(room), idle(room)
    gone = told(busy, resting)
    busy.hold()
    seated(room)
    assert gone == [resting]
    assert room.seat("here") is None
    busy.rest()
    assert room.seat("here") is not None
    assert gone == [resting, busy]


def test_a_place_that_was_given_up_is_left_but_once() -> None:
    room = sockets()
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(idle(room))
        assert len(room) == 2
    assert (len(room), room._groups) == (0, {})


def test_who_gave_way_before_he_could_be_told_is_told_at_once() -> None:
    room = sockets(limit_address_strangers=1)
    first = idle(room)
    idle(room)
    assert told(first) == [first]
    first.hold()
    first.rest()
    assert first.give_to(STUDENT)
    assert len(room) == 1, "nothing gives him his place back"


def test_strangers_of_many_addresses_give_way_to_the_next_one() -> None:
    room = sockets()
    seats = [idle(room, f"10.0.0.{number}") for number in range(10)]
    gone = told(*seats)
    idle(room, "there")
    assert gone == [seats[0]]
    assert room.seat("there", STUDENT) is not None
    assert gone == [seats[0]], "whoever shows a token takes no stranger's place"


@pytest.mark.parametrize("few", [{"limit_sockets": 5}, {"limit_address_sockets": 5}])
def test_where_there_is_no_room_at_all_any_idle_one_gives_way(few: dict[str, int]) -> None:
    room = sockets(**few)
    seats = [idle(room, viewer=Actor(f"s{number}", Role.STUDENT)) for number in range(5)]
    gone = told(*seats)
    for seat in seats[:2]:
        seat.hold()
    assert room.seat("here", OTHER) is not None
    assert gone == [seats[2]]
    assert len(room) == 5


def test_of_his_own_sockets_a_viewer_closes_one_himself() -> None:
    room = sockets()
    gone = told(*(idle(room, viewer=STUDENT) for _ in range(3)))
    assert room.seat("there", STUDENT) is None
    assert not idle(room, "there").give_to(STUDENT)
    assert gone == []
