"""How many WebSockets there are, and whose."""

from contextlib import ExitStack

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
    seat = room.seat(network)
    assert seat is not None
    assert viewer is None or seat.give_to(viewer)
    return seat


def test_without_a_token_an_address_has_few() -> None:
    room = sockets()
    for _ in range(2):
        seated(room)
    assert room.seat("here") is None
    assert room.seat("there") is not None


def test_a_token_makes_room_for_the_next_stranger() -> None:
    room = sockets()
    for number in range(6):
        seated(room, viewer=Actor(f"s{number}", Role.STUDENT))
    assert room.strangers == 0
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
    for number in range(10):
        seated(room, f"10.0.0.{number}")
    assert room.seat("there") is None
    room.strangers -= 1  # as one of them shows a token
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
        assert room.open == 2
    assert (room.open, room.strangers, room._taken) == (0, 0, {})
