"""A line between a proxy and the gateway that remembers which of them gives an idle connection up."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import Queue
from typing import Literal

Side = Literal["proxy", "gateway"]


class Relay:
    """Forwards what comes over TCP, and back."""

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.closed: Queue[Side] = Queue()
        """For each connection that is over, who ended it."""
        self.accepted = 0
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in self._threads:
            each.join()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                theirs, _ = self._listening.accept()
                self.accepted += 1
                self._start(self._forward, theirs)

    def _forward(self, theirs: socket.socket) -> None:
        with theirs, socket.create_connection(("127.0.0.1", self._to_port)) as ours:
            first: Queue[Side] = Queue()
            back = threading.Thread(target=_pump, args=(ours, theirs, first, "gateway"))
            back.start()
            _pump(theirs, ours, first, "proxy")
            back.join()
        self.closed.put(first.get())

    def _start(self, run: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=run, args=arguments))
        self._threads[-1].start()


def _pump(source: socket.socket, sink: socket.socket, ends: Queue[Side], side: Side) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    ends.put(side)
    for each in (source, sink):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_to(port: int) -> Iterator[Relay]:
    relay = Relay(port)
    try:
        yield relay
    finally:
        relay.close()
