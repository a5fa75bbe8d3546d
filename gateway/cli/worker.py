"""`gateway worker`: runs jobs in a process that serves no requests."""

import asyncio
import signal

from gateway.bootstrap import open_services, running_jobs
from gateway.cli.databases import May, make_ready
from gateway.settings.model import Settings
from gateway.startup import announce, warn


def work(settings: Settings) -> None:
    """Run jobs until the process is told to stop; those under way are finished."""
    make_ready(settings, May.MIGRATE)
    announce(settings.model_copy(update={"worker": True}))  # whatever `serve` shall do beside it
    warn(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with open_services(settings) as services, running_jobs(settings, services):
        print("Running jobs; stop with Ctrl-C.", flush=True)
        await stopped.wait()
