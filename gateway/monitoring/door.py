"""The port of the metrics: a thread beside whatever else its process does, so that they are told of one that hangs."""

import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from db.sampling import sample_now
from gateway.monitoring.exposition import Everything, registry_of
from gateway.monitoring.exposition import rendered as rendered
from gateway.monitoring.snapshots import SharedFolder
from gateway.settings.model import Settings, SettingsError

PATH = "/metrics"

READS_S = 10.0
"""How long a client may take to say what it wants."""

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def everything_of(settings: Settings) -> CollectorRegistry:
    """All that is told: of this process, and of those that share its folder."""
    folder = settings.metrics_folder
    shared = None if folder is None else SharedFolder(folder)
    return registry_of(Everything(shared, partial(sample_now, settings.database_url)))


def is_shown(settings: Settings, authorization: str) -> bool:
    """Whether the header has the token; without a token, whoever reaches the port may read."""
    if settings.metrics_token is None:
        return True
    wanted = f"Bearer {settings.metrics_token.get_secret_value()}".encode()
    return hmac.compare_digest(authorization.encode("utf-8", "replace"), wanted)


@contextmanager
def opened(settings: Settings) -> Iterator[None]:
    """Meanwhile they are told at that port, if one is set. Raises: SettingsError, where it cannot be had."""
    if settings.metrics_port is None:
        yield
        return
    try:
        server = make_server(
            settings.metrics_host, settings.metrics_port, _application(settings), _Server, handler_class=_Handler
        )
    except OSError as error:
        raise SettingsError(
            f"GATEWAY_METRICS_PORT: cannot listen on {settings.metrics_host}, port {settings.metrics_port}:"
            f" {error.strerror}."
        ) from None
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _application(settings: Settings) -> Application:
    told = make_wsgi_app(everything_of(settings))

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != PATH:
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Metrics are at /metrics.\n"]
        if not is_shown(settings, environ.get("HTTP_AUTHORIZATION", "")):
            start("401 Unauthorized", [("WWW-Authenticate", "Bearer"), ("Content-Type", "text/plain")])
            return [b"Send GATEWAY_METRICS_TOKEN as the bearer token.\n"]
        answer: Iterable[bytes] = told(environ, start)
        return answer

    return application


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = READS_S

    def log_message(self, *_: object) -> None:
        """Prometheus asks every few seconds."""
