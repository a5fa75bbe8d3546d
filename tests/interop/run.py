"""One command for every foreign client and tool: it installs them, serves them a gateway each, and tells how each did.

    python -m tests.interop.run [suite ...]

A suite is a folder beside this file with an executable `run`. What it needs is installed first: by npm where it has a
package-lock.json, and into a venv of its own for each file in its `pins/`. `run` then finds the commands of the former
on its PATH and the venvs in INTEROP_VENVS, and in GATEWAY_URL, STUDENT_TOKEN and ADMIN_TOKEN a gateway that nobody used
before, with the settings of its `settings.json`, if it has one. It prints a line for each thing it tried,
`ok <tool>: <what>` or `failed <tool>: <what>`, and ends with 1 unless all went well.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.services.core.model.values import Role
from tests.served.server import serving

HERE = Path(__file__).resolve().parent
VENVS = HERE / ".venv"
TOKEN_TTL_S = 4 * 3600
LONGEST_S = 2 * 3600
"""Beyond the longest suite, schemathesis with all of its examples, on a slow machine."""

TRIED = re.compile(r"(ok|failed) ([^:]+): ")


class CannotInstall(Exception):
    """Why a suite's tools are not there."""


@dataclass
class Outcome:
    """How a suite went, by tool."""

    suite: str
    versions: Mapping[str, str] = field(default_factory=dict)
    well: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    problem: str | None = None

    @property
    def is_well(self) -> bool:
        return self.problem is None and not self.failed and bool(self.well)

    def receive(self, line: str) -> None:
        if found := TRIED.match(line):
            (self.well if found[1] == "ok" else self.failed)[found[2]] += 1


def main(names: list[str]) -> int:
    suites = {path.parent.name: path.parent for path in sorted(HERE.glob("*/run"))}
    if unknown := [name for name in names if name not in suites]:
        print(f"No suite is called {', '.join(unknown)}. There are: {', '.join(suites)}.", file=sys.stderr)
        return 2
    outcomes = [tried(suites[name]) for name in names or suites]
    print(f"\n{table(outcomes)}")
    return 0 if all(outcome.is_well for outcome in outcomes) else 1


def tried(suite: Path) -> Outcome:
    """A suite from its installation to its end. One that cannot be tried has failed."""
    print(f"\n== {suite.name}", flush=True)
    outcome = Outcome(suite.name)
    try:
        outcome.versions = installed(suite)
    except CannotInstall as problem:
        outcome.problem = str(problem)
    else:
        run(suite, outcome)
    if outcome.problem:
        print(outcome.problem)
    return outcome


def run(suite: Path, outcome: Outcome) -> None:
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        database = f"sqlite:///{Path(folder) / 'gateway.db'}"
        with serving(database, env="development", **settings_of(suite)) as server:
            environment = os.environ | {
                "GATEWAY_URL": server.url,
                "STUDENT_TOKEN": server.token(Role.STUDENT, "student-1", TOKEN_TTL_S),
                "ADMIN_TOKEN": server.token(Role.ADMIN, "admin-1", TOKEN_TTL_S),
                "INTEROP_VENVS": str(VENVS),
                "PATH": os.pathsep.join((str(suite / "node_modules" / ".bin"), os.environ["PATH"])),
            }
            ended_with = heard(suite / "run", environment, outcome)
            if ended_with != 0 and not outcome.failed:
                outcome.problem = f"{suite.name}/run ended with {ended_with}"
            if server.process.poll() is not None:
                outcome.problem = "the gateway died"


def settings_of(suite: Path) -> dict[str, str]:
    """The gateway's settings that a suite needs, by their names without GATEWAY_."""
    path = suite / "settings.json"
    settings: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return settings


def heard(program: Path, environment: Mapping[str, str], outcome: Outcome) -> int:
    """What a suite's program ended with; what it says is heard line by line. One that does not end is killed."""
    process = subprocess.Popen([program], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
    late = threading.Timer(LONGEST_S, os.killpg, (process.pid, signal.SIGKILL))
    late.start()
    try:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                print(line, end="", flush=True)
                outcome.receive(line)
        return process.wait()
    finally:
        late.cancel()


def installed(suite: Path) -> dict[str, str]:
    """The versions of what the suite asks for, installed. What is there already, by its lock or pins, stays."""
    versions: dict[str, str] = {}
    is_new = False
    if (lock := suite / "package-lock.json").is_file():
        is_new |= install_npm(suite, lock)
        versions |= json.loads((suite / "package.json").read_text())["dependencies"]
    for pins in sorted(suite.glob("pins/*.txt")):
        is_new |= install_venv(pins)
        [version] = re.findall(rf"(?m)^{re.escape(pins.stem)}(?:\[.*\])?==(\S+)", pins.read_text())
        versions[pins.stem] = version
    for name, version in versions.items():
        print(f"{'installed' if is_new else 'installed before:'} {name} {version}")
    return versions


def install_npm(suite: Path, lock: Path) -> bool:
    """Whether there was anything to do."""
    stamp = suite / "node_modules" / ".interop"
    if is_current(stamp, lock):
        return False
    npm = shutil.which("npm")
    if npm is None:
        raise CannotInstall("there is no npm on PATH; it comes with Node.js 20 or newer")
    must([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], suite)
    stamp.write_text(digest(lock))
    return True


def install_venv(pins: Path) -> bool:
    """Whether there was anything to do."""
    venv = VENVS / pins.stem
    if is_current(venv / ".interop", pins):
        return False
    must([sys.executable, "-m", "venv", "--clear", str(venv)], HERE)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    must([*pip, "--requirement", str(pins)], HERE)
    (venv / ".interop").write_text(digest(pins))
    return True


def must(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise CannotInstall(f"{' '.join(command)} failed: {done.stderr.strip()[-2000:] or done.stdout.strip()[-2000:]}")


def is_current(stamp: Path, source: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == digest(source)


def digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def table(outcomes: list[Outcome]) -> str:
    """A line for each tool: its suite, its version, and how many of the things tried with it went well."""
    rows = [("suite", "tool", "version", "ok", "failed")]
    for outcome in outcomes:
        for tool in sorted(outcome.well | outcome.failed):
            counts = str(outcome.well[tool]), str(outcome.failed[tool])
            rows.append((outcome.suite, tool, outcome.versions.get(tool, ""), *counts))
        if outcome.problem:
            rows.append((outcome.suite, outcome.problem.splitlines()[0], "", "", "1"))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
