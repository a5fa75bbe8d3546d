"""`gateway serve`: the application on a port, by one process or by several that share it."""

import errno
import gc
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from gateway.cli import supervisor
from gateway.cli.databases import May, make_ready
from gateway.cli.metrics import metrics_told
from gateway.cli.processes.server import Server
from gateway.cli.processes.sockets import Socket
from gateway.cli.server.connection import Connection
from gateway.cli.server.sharing import SharedConfig
from gateway.cli.server.waiting import MOST_WAITING, Waiting
from gateway.settings.model import Settings, SettingsError
from gateway.settings.process import KEEP_ALIVE_S, STOP_S
from gateway.startup import announce
from gateway.streaming.bounds import MOST_MESSAGE_BYTES

STARTUP_S = 60
"""How long a worker may take to answer its supervisor, and to serve: importing all it needs takes seconds on a small or
busy machine, and a reload gives up, and keeps the old workers, where the new ones take longer."""

MOST_BY_DEFAULT = 4
"""Processes where nobody says how many: beyond them the one writer is what they wait for."""

QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""What of the cores a container may use: microseconds in each so many."""

FREE_S, FREE_LOOK_S = 2.0, 0.02
"""How long a port is waited for that is taken, and between two looks: those whose supervisor was killed have it for a
moment longer."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(settings: Settings, host: str, port: int, workers: int | None, *, with_demo: bool) -> None:
    """Serve until told to stop.

    Args:
        workers: how many processes serve; None: see `default_workers`.

    Raises: SettingsError, where that would not be safe, or the database is not ready.
    """
    _check_safety(settings, host, with_demo=with_demo)
    make_ready(settings, May.MAKE)
    if with_demo:
        from gateway.cli import demo  # and all services: the process that starts others does without

        courses = demo.seed(settings)
        os.environ["GATEWAY_DEMO"] = "true"  # by which the served processes, which read it anew, know of it
    _open_as_many_files_as_may_be()
    workers = workers or default_workers(settings)
    config = _config(
        host, port, workers, settings.stop_s, settings.limit_waiting_connections, keep_alive_s=settings.keep_alive_s
    )
    listening = _bound(host, port)
    listening.listen(config.backlog)  # from here on a click waits for the server instead of being refused
    url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/graphql"
    print(f"Serving {url}", flush=True)
    announce(settings, workers=workers)
    if with_demo:
        demo.print_invitation(settings, courses, url)
    with metrics_told(settings, of_several=workers > 1):
        if workers > 1:
            gc.enable()  # else the application does so, once it stands
            supervisor.run(settings, config, listening)
        else:
            _stop_when_hung_up()
            Server(config).run(sockets=[listening])


def default_workers(settings: Settings) -> int:
    """How many processes serve where nobody says it: in production, on a database of its own, as many as there are
    cores, up to a few; else one.

    On a server's database the machines may be many, each process takes connections of it, and its operator says how
    many. In development one is easier to follow.
    """
    if settings.env != "production" or not supervisor.has_one_writer(settings):
        return 1
    return max(1, min(usable_cores(), MOST_BY_DEFAULT))


def usable_cores() -> int:
    """The cores that this process may use: a container may have less of them than its machine has."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, _, period = QUOTA.read_text().strip().partition(" ")
        return min(cores, int(quota) // int(period))
    except (OSError, ValueError):  # no such limit, or "max"
        return cores


def _bound(host: str, port: int) -> socket.socket:
    """The socket, as uvicorn would bind it, but for what is said where that cannot be."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        _bind(bound, host, port)
    except OSError as error:
        bound.close()
        print(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Choose another with --host and --port; "
            "port 0 takes a free one.",
            file=sys.stderr,
        )
        raise SystemExit(STARTUP_FAILURE) from None
    bound.set_inheritable(True)
    return bound


def _bind(bound: socket.socket, host: str, port: int) -> None:
    """Raises: OSError."""
    latest = time.monotonic() + FREE_S
    while True:
        try:
            bound.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > latest:
                raise
            time.sleep(FREE_LOOK_S)
        else:
            return


def _open_as_many_files_as_may_be() -> None:
    """A connection is an open file, of which a process often may have 1,024, and a multiple where it asks."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with suppress(ValueError):  # macOS says that there is no limit, and has one
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stop_when_hung_up() -> None:
    """A closed terminal stops a lone process as any stop does; under `nohup`, which ignores it, it goes on."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _check_safety(settings: Settings, host: str, *, with_demo: bool) -> None:
    if settings.is_secret_public and host not in LOOPBACK:
        raise SettingsError(
            "Everybody knows the development secret: set GATEWAY_JWT_SECRET to listen beyond this machine."
        )
    if with_demo and settings.env != "development":
        raise SettingsError("--demo is for development: it prints an admin's token.")


def _config(
    host: str,
    port: int,
    workers: int,
    stop_s: int = STOP_S,
    most_waiting: int = MOST_WAITING,
    keep_alive_s: int = KEEP_ALIVE_S,
) -> uvicorn.Config:
    return (uvicorn.Config if workers == 1 else SharedConfig)(
        "gateway.app:from_environment" if workers == 1 else "gateway.cli.supervisor:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For from loopback; GATEWAY_TRUSTED_PROXIES says whom
        timeout_graceful_shutdown=stop_s,
        timeout_keep_alive=keep_alive_s,
        timeout_worker_healthcheck=STARTUP_S,
        # It asks for a class, and calls it. Each process that serves is sent a copy, and so has its own who wait.
        http=partial(Connection, waiting=Waiting(most_waiting)),  # type: ignore[arg-type]
        ws=Socket,
        ws_max_size=MOST_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # messages are small, and a compressor for each connection is not
    )
