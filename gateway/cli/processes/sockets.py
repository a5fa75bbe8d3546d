"""A WebSocket of a process that stops: the application says its last words on it, and closes it."""

import logging

from gateway.cli.server.sockets import BoundedSocket

CLOSES_S = 1.0
"""How long a client may take to answer our close, once the process stops."""

SILENT = logging.Logger("what is cut off", logging.CRITICAL + 1)
"""What we cut off ourselves is no failure, and leaves no trace."""


class Socket(BoundedSocket):
    """uvicorn's, which closes at once when the process stops, before the application could say anything more. Here the
    application closes it, as it does whenever it has to (see `StreamLifetimes`), and its last messages go out before.
    """

    def shutdown(self) -> None:
        """The process stops."""
        self.stop_keepalive()
        self.close_timeout = CLOSES_S
        if self.close_sent:
            self.loop.call_later(CLOSES_S, self.transport.close)

    def cut_off(self) -> None:
        """The time for that is over."""
        self.logger = SILENT
        super().shutdown()
