"""The first process of a container (PID 1), which no signal ends that it does not handle: it ends itself."""

import signal
import subprocess
import sys

import pytest

FIRST = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child")
"""A process as the first one of a namespace of its own, as containers are; for everybody where the system lets them."""

SERVER = "from gateway.cli.processes.server import end_at_once, end_by_alarm"
SLEEPS = "import ctypes; ctypes.PyDLL(None).sleep(60)"
"""With the interpreter's lock held, as whatever hangs may have it: no handler of Python's runs meanwhile."""

SOON_S = 30


def ended(code: str, before: tuple[str, ...]) -> int:
    """With what a process ends that would live for a minute."""
    program = f"{SERVER}; {code}; {SLEEPS}"
    done = subprocess.run(
        [*before, sys.executable, "-c", program], timeout=SOON_S, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    return done.returncode


@pytest.fixture(scope="module")
def first() -> tuple[str, ...]:
    try:
        may = subprocess.run([*FIRST, "true"], stderr=subprocess.DEVNULL, timeout=SOON_S).returncode == 0
    except FileNotFoundError:
        may = False
    if not may:
        pytest.skip("nobody may make a namespace of processes here")
    return FIRST


def test_a_signal_to_end_at_once_ends_the_first_process_too(first: tuple[str, ...]) -> None:
    code = f"end_at_once({signal.SIGTERM:d})"
    assert ended(code, first) == 128 + signal.SIGTERM


def test_the_alarm_of_a_stop_ends_the_first_process_too(first: tuple[str, ...]) -> None:
    code = "end_by_alarm(0.05)"
    assert ended(code, first) == 1
