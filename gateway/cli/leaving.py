"""How a process stops while others take over: open connections get their last answer first."""

from gateway.cli.heads import BoundedHeads

LINGER_S = 0.5
"""How long an idle connection is kept open for a request that its client may just be sending."""


class LingeringProtocol(BoundedHeads):
    """HTTP/1.1 whose connections take one more request after the order to stop.

    uvicorn closes an idle connection at once: a request that is on its way would be lost, and its client would not
    know whether it was done. Here it is answered, with `Connection: close`, so that the next one goes to another
    process.
    """

    _is_leaving = False

    def shutdown(self) -> None:
        """The process stops: no request is taken after the next."""
        self._is_leaving = True
        if self._is_idle:
            self.loop.call_later(LINGER_S, super().shutdown)
        else:
            super().shutdown()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self._is_leaving and not self._is_idle:
            self.cycle.keep_alive = False

    @property
    def _is_idle(self) -> bool:
        # uvicorn begins a connection without a cycle, and says otherwise of its type.
        cycle: object = self.cycle
        return cycle is None or self.cycle.response_complete
