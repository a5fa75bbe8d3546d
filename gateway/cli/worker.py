"""`gateway worker`: runs jobs in a process that serves no requests."""

import asyncio
import os
import signal
import sys
import time
from functools import partial

import structlog

from gateway.bootstrap import open_services
from gateway.cli.databases import May, make_ready
from gateway.cli.metrics import metrics_told
from gateway.cli.processes.server import SAME_ORDER_S, end_at_once, end_by_alarm
from gateway.monitoring.monitored import monitored
from gateway.running_jobs import running_jobs
from gateway.services.ends import ALARM_S
from gateway.settings.model import Settings
from gateway.startup import announce, warn

log = structlog.get_logger(__name__)


def work(settings: Settings) -> None:
    """Run jobs until the process is told to stop; those under way are finished, or handed back after
    `GATEWAY_STOP_S`. A second signal ends it at once."""
    make_ready(settings, May.MIGRATE)
    announce(settings.model_copy(update={"worker": True}))  # whatever `serve` shall do beside it
    warn(settings)
    with metrics_told(settings):
        asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    told_at: list[float] = []

    def hear(number: int) -> None:
        told_at.append(time.monotonic())
        if told_at[-1] - told_at[0] > SAME_ORDER_S:
            end_at_once(number)
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, partial(hear, number))
    async with monitored(settings, "worker"), open_services(settings) as services, running_jobs(settings, services):
        log.info("started", process="worker", pid=os.getpid())
        print("Running jobs; stop with Ctrl-C.", flush=True)
        await stopped.wait()
        log.info("stopping", within_s=settings.stop_s)
        end_by_alarm(settings.stop_s + ALARM_S)
    log.info("stopped", took_s=round(time.monotonic() - told_at[0], 2))
    sys.stdout.flush()
    # All is closed. For what was left behind, a task or a thread, the loop's end would wait until the alarm.
    os._exit(0)
