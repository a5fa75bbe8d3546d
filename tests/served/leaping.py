"""The wall's clock of a gateway's processes, which a test sets as a hand or a time server would."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

MOVED = """
import os
import time

unmoved = time.time


def moved() -> float:
    with open(os.environ["WALL_CLOCK_LEAP"]) as file:
        return unmoved() + float(file.read() or 0)


time.time = moved
"""
"""What each process of Python runs at its start, before any line of the gateway."""


@dataclass(frozen=True)
class WallClock:
    """That of all processes which are started from now on, whoever starts them; in this one nothing changes."""

    leap: Path

    @classmethod
    def of_processes(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> "WallClock":
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(MOVED)
        clock = cls(folder / "leap")
        clock.set_by(0)
        monkeypatch.setenv("WALL_CLOCK_LEAP", str(clock.leap))
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(folder), *filter(None, [os.environ.get("PYTHONPATH")]))))
        return clock

    def set_by(self, seconds: float) -> None:
        """So far from the true time, at once."""
        new = self.leap.with_suffix(".new")
        new.write_text(str(seconds))
        new.replace(self.leap)
