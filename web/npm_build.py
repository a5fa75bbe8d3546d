"""How a page gets into gateway/pages/static_files/: npm's pinned packages, then one build."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from web.compressing import HOW, compression

ROOT = Path(__file__).resolve().parents[1]
TYPES = ROOT / "web" / "typed_documents.ts"
OLDEST_NODE = (20, 19)  # Vite's
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
SOURCES = ("package.json", ".npmrc", "codegen.ts", "tsconfig.json", "vite.config.ts", "index.html", "build.py")


class BuildError(Exception):
    """Why it did not work, as a clause for the user."""


@dataclass(frozen=True)
class Page:
    """A page that is built.

    Args:
        here: the folder of its package.
        name: its folder among the static files, and its target in the Makefile.
        called: what a sentence about it begins with.
        address: where it is served.
    """

    here: Path
    name: str
    called: str
    address: str

    @property
    def target(self) -> Path:
        return ROOT / "gateway" / "pages" / "static_files" / self.name

    @property
    def stamp(self) -> Path:
        return self.target / ".built"

    @property
    def lock(self) -> Path:
        return self.here / "package-lock.json"

    def make(self, arguments: list[str]) -> int:
        """Build; with `--if-possible`, what stands in the way is told and is no failure: the gateway works without."""
        wanted = self.fingerprint()
        if self.stamp.is_file() and self.stamp.read_text(encoding="utf-8") == wanted:
            self.stamp.touch()  # newer than its sources again, which is what make compares
            print(f"{self.called} is up to date.")
            return 0
        try:
            npm = find_npm(self.here)
            self.install_packages(npm)
            self.build(npm, wanted)
        except BuildError as problem:
            is_fatal = "--if-possible" not in arguments
            print(f"{self.called} was not built, so {self.address} has no page: {problem}.", file=sys.stderr)
            if not is_fatal:
                print(f"Everything else works. `make {self.name}` tries again.", file=sys.stderr)
            return int(is_fatal)
        print(f"{self.called} was built into {self.target}.")
        return 0

    def fingerprint(self) -> str:
        """All that the build is made of."""
        paths = [ROOT / "schema.graphql", TYPES, Path(__file__).resolve(), *HOW, self.lock]
        paths += [self.here / name for name in SOURCES]
        paths += sorted(path for path in self.here.glob("*.ts") if path.name not in SOURCES)
        paths += sorted(path for path in (self.here / "src").rglob("*") if path.is_file() and "gql" not in path.parts)
        digest = hashlib.sha256()
        for path in paths:
            digest.update(hashlib.sha256(path.read_bytes()).digest() + str(path.relative_to(ROOT)).encode())
        return digest.hexdigest()

    def install_packages(self, npm: str) -> None:
        """The packages of the lock file, unless they are there from the last time."""
        wanted = hashlib.sha256(self.lock.read_bytes()).hexdigest()
        packages = self.here / "node_modules" / ".of-lock-file"
        if packages.is_file() and packages.read_text(encoding="utf-8") == wanted:
            return
        run([npm, *NPM_CI], self.here)
        packages.write_text(wanted, encoding="utf-8")

    def build(self, npm: str, wanted: str) -> None:
        """The stamp goes first and comes last, for a killed run."""
        self.stamp.unlink(missing_ok=True)
        run([npm, "run", "build", "--silent"], self.here)
        (self.target / "assets" / "LICENSES.txt").write_text(self.licences(), encoding="utf-8")
        run(compression("node", self.target / "assets"), self.here)
        self.stamp.write_text(wanted, encoding="utf-8")

    def licences(self) -> str:
        """The licence text of every package that is in what browsers load."""
        packages = json.loads(self.lock.read_text(encoding="utf-8"))["packages"]
        parts = []
        for place, package in sorted(packages.items()):
            if not place or package.get("dev") or package.get("devOptional"):
                continue
            texts = [
                file.read_text(encoding="utf-8", errors="replace").strip()
                for file in sorted((self.here / place).iterdir())
                if file.is_file() and file.name.lower().startswith(("licen", "copying", "notice"))
            ]
            name = place.rpartition("node_modules/")[2]
            title = f"{name} {package['version']} ({package.get('license', 'see its text')})"
            parts.append("\n\n".join((f"{title}\n{'=' * len(title)}", *texts)))
        return "\n\n\n".join(parts) + "\n"


def find_npm(here: Path) -> str:
    """Raises: BuildError, where it is not there or its Node.js is too old."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise BuildError("this machine has no node and npm on PATH")
    said = run([node, "--version"], here)
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if version < OLDEST_NODE:
        raise BuildError(f"node is {said.strip()}, and it needs {'.'.join(map(str, OLDEST_NODE))} or newer")
    return npm


def run(command: list[str], here: Path) -> str:
    """What a command says.

    Raises:
        BuildError: it failed, or could not be started.
    """
    environment = {**os.environ, "NO_COLOR": "1", "CI": "1"}
    try:
        done = subprocess.run(  # noqa: S603 — every command is built from constants
            command, cwd=here, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{command[0]} could not be started ({error})") from error
    if done.returncode != 0:
        said = (done.stderr.strip() + "\n" + done.stdout.strip()).strip().splitlines() or ["nothing"]
        raise BuildError(
            f"`{' '.join([Path(command[0]).name, *command[1:]])}` failed and said: {' / '.join(said[:20])}"
        )
    return done.stdout
