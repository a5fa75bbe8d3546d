"""A subscriber that is told of events over HTTP, and answers when the test lets it."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"


class Slow:
    """Its `setting` names it to a gateway."""

    def __init__(self) -> None:
        self.told = list[str]()
        """The ids of what it was sent, in the order that they came."""
        self.is_told, self.may_answer = threading.Event(), threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805  # `self` is the subscriber's
                self.told.append(handler.headers["webhook-id"])
                handler.rfile.read(int(handler.headers["Content-Length"]))
                self.is_told.set()
                self.may_answer.wait()
                handler.send_response(204)
                handler.end_headers()

            def log_message(self, *_: object) -> None:
                """To nobody."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.setting = f"http://127.0.0.1:{self._server.server_port}/events {SECRET}"

    def close(self) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def subscriber() -> Iterator[Slow]:
    slow = Slow()
    try:
        yield slow
    finally:
        slow.close()
