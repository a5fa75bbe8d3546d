"""The network between a gateway and its PostgreSQL server: a line that tests break in the ways that networks do."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Line:
    """Forwards what comes over TCP to the server, and back, until it is told otherwise. It runs in a thread of its own.

    What is swallowed is read, and so acknowledged by the kernel, as by many a device amid a network: neither
    end is told anything.
    """

    def __init__(self, server_url: str) -> None:
        url = make_url(server_url)
        folder = url.query["host"]
        assert isinstance(folder, str)
        self._path = next(str(path) for path in Path(folder).glob(".s.PGSQL.*") if path.is_socket())
        self._loop = asyncio.new_event_loop()
        self._swallows_new = False
        self._pairs: dict[Pair, bool] = {}
        """Each connection, and whether it is swallowed: its writers to the gateway and to the server."""
        self._at: tuple[bytes, bool] | None = None
        self.has_swallowed = False
        """Whether the gateway said something that got nowhere."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        ready.wait()
        self.url = url.set(host="127.0.0.1", port=self._port, query={}).render_as_string(hide_password=False)

    def swallow_old(self) -> None:
        """Nothing gets through on the connections that there are."""
        self._do(lambda: self._pairs.update(dict.fromkeys(self._pairs, True)))

    def swallow_all(self) -> None:
        """Nothing gets through, on new connections neither."""
        self.swallow_old()
        self._do(lambda: setattr(self, "_swallows_new", True))

    def swallow_from(self, word: bytes, *, is_delivered: bool) -> None:
        """Once the gateway says the word, nothing more gets through on that connection; whether the server hears it."""
        self._do(lambda: setattr(self, "_at", (word, is_delivered)))

    def heal(self) -> None:
        """New connections work; those that were swallowed stay dead, as after a failover."""
        self._do(lambda: setattr(self, "_swallows_new", False))

    def reset(self) -> None:
        """The gateway's connections are reset; the server is told nothing."""
        self._do(lambda: self._each(_reset))

    def half_close(self) -> None:
        """The server seems to have hung up, while it hears what is said to it."""
        self._do(lambda: self._each(asyncio.StreamWriter.write_eof))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _each(self, change: Callable[[asyncio.StreamWriter], None]) -> None:
        for to_gateway, _ in self._pairs:
            change(to_gateway)

    def _do(self, change: Callable[[], object]) -> None:
        async def changed() -> None:
            change()

        asyncio.run_coroutine_threadsafe(changed(), self._loop).result(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._forward, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        for pair in self._pairs:
            for writer in pair:
                writer.transport.abort()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _forward(self, from_gateway: asyncio.StreamReader, to_gateway: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._path)
        pair = to_gateway, to_server
        self._pairs[pair] = self._swallows_new
        try:
            await asyncio.gather(self._pump(from_gateway, pair, 1), self._pump(from_server, pair, 0))
        finally:
            self._pairs.pop(pair, None)
            for writer in pair:
                writer.close()

    async def _pump(self, source: asyncio.StreamReader, pair: Pair, to: int) -> None:
        """What one end says goes to the other; its end of the line likewise, but for one that is swallowed."""
        with suppress(ConnectionError, OSError):
            while said := await source.read(1 << 16):
                is_delivered = not self._pairs[pair]
                if to == 1 and self._at is not None and self._at[0] in said:
                    (_, is_delivered), self._at = self._at, None
                    self._pairs[pair] = True
                self.has_swallowed = self.has_swallowed or (to == 1 and not is_delivered)
                if is_delivered:
                    pair[to].write(said)
                    await pair[to].drain()
        if self._pairs[pair]:
            await asyncio.Event().wait()  # as if nobody had hung up
        with suppress(ConnectionError, OSError):
            pair[to].close()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


@contextmanager
def line_to(server_url: str) -> Iterator[Line]:
    """A line to the server of a database."""
    line = Line(server_url)
    try:
        yield line
    finally:
        line.close()
