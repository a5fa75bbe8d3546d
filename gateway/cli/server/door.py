"""What makes the connections of one process."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from gateway.cli.server.connection import Connection
from gateway.cli.server.waiting import Waiting


class Door:
    """uvicorn's `http`: makes a connection of each that comes. It is sent to the processes that serve, at their start,
    and so is a door for each.

    Args:
        most_waiting: how many connections of a process may have asked nothing.
    """

    def __init__(self, most_waiting: int) -> None:
        self._waiting = Waiting(most_waiting)

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Connection:
        return Connection(config, server_state, app_state, _loop, self._waiting)
