"""The figures of a run as a file, with what they were measured on."""

import json
import os
import platform
import re
import shutil
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.figures import Cell, Figures, Subject
from bench.servers import ROOT

LAST_RUN = ROOT / "build" / "bench.json"
CPUS = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Results:
    """A run: when, where and how, and what it found."""

    at: str
    commit: str
    machine: str
    seconds: float
    rounds: int
    figures: Figures

    def as_json(self) -> dict[str, Any]:
        figures = [{**asdict(subject), **asdict(cell)} for subject, cell in self.figures.items()]
        return {name: getattr(self, name) for name in _FIELDS} | {"figures": figures}


_FIELDS = ("at", "commit", "machine", "seconds", "rounds")
_SUBJECT = Subject.__dataclass_fields__


def results_now(figures: Figures, seconds: float, rounds: int) -> Results:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return Results(at, _said("git", "rev-parse", "--short", "HEAD"), machine(), seconds, rounds, figures)


def read(text: str) -> Results:
    fields = json.loads(text)
    figures = {
        Subject(**{name: value for name, value in each.items() if name in _SUBJECT}): Cell(
            **{name: value for name, value in each.items() if name not in _SUBJECT}
        )
        for each in fields.pop("figures")
    }
    return Results(**fields, figures=figures)


def save(results: Results, file: Path = LAST_RUN) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(results.as_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def machine() -> str:
    """What the figures were measured on, in a line."""
    named = re.search(r"^model name\s*: (.+)$", CPUS.read_text() if CPUS.exists() else "", re.MULTILINE)
    parts = [f"{os.cpu_count()} × {named[1] if named else platform.processor() or platform.machine()}"]
    parts.append(f"Python {platform.python_version()}")
    if node := _said("node", "--version"):
        parts.append(f"Node.js {node.removeprefix('v')}")
    return ", ".join(parts)


def _said(program: str, *arguments: str) -> str:
    """What a program prints; nothing where it is not there or fails."""
    path = shutil.which(program)
    if path is None:
        return ""
    done = subprocess.run(  # noqa: S603  built from constants
        [path, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
