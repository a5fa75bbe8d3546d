"""The process that keeps the writer: told to stop, it ends with it, also with one that hangs."""

import os
import signal
import subprocess
import sys
from pathlib import Path

KEEPING = """
import os, signal
from gateway.cli import writer
signal.signal(signal.SIGCHLD, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, writer._WATCHED)

def hang(keeper):
    print(os.getpid(), flush=True)
    while True:
        signal.pause()

writer.keep(hang, kill_s=0.2)
print("stopped", flush=True)
"""
"""A keeper, and a writer that no SIGTERM reaches."""


def test_a_writer_that_does_not_stop_is_killed_in_the_end() -> None:
    with subprocess.Popen([sys.executable, "-c", KEEPING], stdout=subprocess.PIPE, text=True) as keeper:
        assert keeper.stdout is not None
        writer = int(keeper.stdout.readline())
        os.kill(keeper.pid, signal.SIGTERM)
        said = keeper.stdout.read()  # to its end
        assert keeper.wait() == 0
    assert "it did not stop" in said
    assert said.endswith("stopped\n")
    assert not Path(f"/proc/{writer}").exists()
