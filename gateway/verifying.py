"""The scheduled look through the whole database: `gateway verify`, as a process of its own, last in line for a core."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from gateway.services.core.model.jobs import Verified
from gateway.services.jobs.verifying import NotLooked

COMMAND = "import os; os.nice(19); from gateway.cli.main import main; main()"
"""Nobody who is served waits for it: it has the cores when they have nothing to do."""

LONGEST_S = 6 * 3600.0
WELL, BROKEN = 0, 1
"""What it ends with where it looked at everything."""

MOST_SAID = 300
END_S = 5.0


def look_through(clock: Callable[[], datetime]) -> Callable[[], Awaitable[Verified]]:
    """One look, with the settings of this process's environment."""

    async def look() -> Verified:
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", COMMAND, "verify", "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name != "GATEWAY_WRITER_SOCKET"},
        )
        try:
            async with asyncio.timeout(LONGEST_S):
                said, complained = await process.communicate()
        except TimeoutError:
            raise NotLooked(f"gateway verify did not end within {LONGEST_S:g} s") from None
        finally:
            await _ended(process)
        if process.returncode not in (WELL, BROKEN):
            raise NotLooked(f"gateway verify could not look at everything: {_last_line(complained)}")
        return _found(said, clock(), round(time.monotonic() - began, 3))

    return look


async def _ended(process: asyncio.subprocess.Process) -> None:
    """It does not outlive whoever waits for it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()


def _found(said: bytes, at: datetime, took_s: float) -> Verified:
    try:
        invariants = [each for each in json.loads(said)["invariants"] if each["broken"]]
        return Verified(
            at, took_s, sum(each["broken"] for each in invariants), tuple(each["invariant"] for each in invariants)
        )
    except (ValueError, LookupError, TypeError) as error:
        raise NotLooked(f"gateway verify said what nobody can read: {type(error).__name__}") from None


def _last_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines() or ["it did not say why"]
    return lines[-1][:MOST_SAID]
