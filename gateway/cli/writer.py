"""The process that keeps the writer: it forks the writer, waits for its end, and forks the next one.

All that a writer needs is imported once, here, so that the next one serves in milliseconds. The socket that callers
connect to stays open meanwhile: who calls while there is no writer is taken on by the next.
"""

import asyncio
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
import uvloop

from gateway.cli.metrics import deaths_noted
from gateway.cli.orphans import end_with
from gateway.http.telemetry import configure_logging
from gateway.services.core.model.events import EventSubscriber
from gateway.services.ends import writer_killed_s
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings
from gateway.startup import leave_to_the_end
from gateway.writer import event_subscribers, subscribers_of
from gateway.writer_of_all import serve_writer

log = structlog.get_logger(__name__)

LIVES_S = 0.25
"""A writer that lived so long has worked, and the next one comes at once."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.01, 0.32
"""Before the next one where it has not: doubled each time, up to the longest. A start costs milliseconds, and callers
are to be served again within a second."""

_WATCHED = (signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM, signal.SIGQUIT)


def main(arguments: Sequence[str]) -> None:
    """Keep a writer until told to stop by SIGTERM, which is told to the writer as well; or until SIGQUIT, by which both
    end at once.

    Args:
        arguments: the number of the listening socket, the folder where it lies, and the process that started this one.
    """
    fd, folder, parent = int(arguments[0]), Path(arguments[1]), int(arguments[2])
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C and a closed terminal are for the one who started us
    end_with(parent)
    settings = load_settings()
    configure_logging(settings)
    subscribers = asyncio.run(_subscribers(settings))
    leave_to_the_end()
    listening = socket.socket(fileno=fd)
    # Until here a signal ends it at once, as it does any process that starts: nothing is begun.
    signal.signal(signal.SIGCHLD, lambda *_: None)  # what has a handler is waited for on every system
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    kill_s = writer_killed_s(settings.drain_s, settings.stop_s)
    keep(lambda keeper: _write(settings, subscribers, listening, keeper), kill_s, deaths_noted(settings, "writer"))
    if os.getppid() != parent:
        shutil.rmtree(folder, ignore_errors=True)  # nobody else is left to do it


def keep(run: Callable[[int], int], kill_s: float, on_death: Callable[[], None] = lambda: None) -> None:
    """Have one process after the other run it, each forked from this one, until told to stop.

    Args:
        run: gives the exit code; it is told which process keeps it.
        kill_s: how long it may take once it was told to stop. One that hangs would else stay for ever, with the
            database locked.
        on_death: called when one died.
    """
    pause_s = 0.0
    while True:
        began = time.monotonic()
        child = _forked(run)
        is_told = _wait_for(child, kill_s)
        if is_told:
            return
        has_worked = time.monotonic() - began >= LIVES_S
        pause_s = 0 if has_worked else min(2 * pause_s or FIRST_PAUSE_S, LONGEST_PAUSE_S)
        log.error("writer died; the next one follows", pid=child, in_s=pause_s)
        on_death()
        time.sleep(pause_s)
        if not signal.sigpending().isdisjoint((signal.SIGTERM, signal.SIGQUIT)):
            return


def _forked(run: Callable[[int], int]) -> int:
    keeper = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with(keeper)
        code = run(keeper)
    except Exception:  # a bug, which must end this process and not become its keeper's
        log.exception("writer died")
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait_for(child: int, kill_s: float) -> bool:
    """Return when it has ended: whether it, and with it this process, was told to."""
    is_told = False
    while True:
        match signal.sigwait(_WATCHED):
            case signal.SIGTERM:
                os.kill(child, signal.SIGTERM)
                if not is_told:
                    signal.setitimer(signal.ITIMER_REAL, kill_s)
                is_told = True
            case signal.SIGQUIT:
                os.kill(child, signal.SIGKILL)
                is_told = True
            case signal.SIGALRM:
                log.error("writer killed: it did not stop", pid=child)
                os.kill(child, signal.SIGKILL)
            case _ if os.waitpid(child, os.WNOHANG)[0]:
                signal.setitimer(signal.ITIMER_REAL, 0)
                return is_told


def _write(settings: Settings, subscribers: Sequence[EventSubscriber], listening: socket.socket, keeper: int) -> int:
    def is_orphaned() -> bool:
        return os.getppid() != keeper

    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve_writer(settings, subscribers, listening, is_orphaned))


async def _subscribers(settings: Settings) -> list[EventSubscriber]:
    """Who is told of events, as decisions know them: nothing is sent from here."""
    subscribers = subscribers_of(settings)
    for each in subscribers.values():
        await each.close()
    return event_subscribers(subscribers.values())


if __name__ == "__main__":
    main(sys.argv[1:])
