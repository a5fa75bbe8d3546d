"""How the checkout example gets into gateway/pages/static_files/checkout/: npm's pinned packages, then one build."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = ROOT / "gateway" / "pages" / "static_files" / "checkout"
STAMP = TARGET / ".built"
LOCK = HERE / "package-lock.json"
LICENCES = TARGET / "assets" / "LICENSES.txt"

PACKAGES = HERE / "node_modules" / ".of-lock-file"
OLDEST_NODE = (20, 19)  # Vite's
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
SOURCES = ("package.json", ".npmrc", "codegen.ts", "tsconfig.json", "vite.config.ts", "index.html", "build.py")


class BuildError(Exception):
    """Why it did not work, as a clause for the user."""


def main(arguments: list[str]) -> int:
    """Build; with `--if-possible`, what stands in the way is told and is no failure: the gateway works without."""
    wanted = fingerprint()
    if STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted:
        STAMP.touch()  # newer than its sources again, which is what make compares
        print("The checkout example is up to date.")
        return 0
    try:
        npm = find_npm()
        install_packages(npm)
        build(npm, wanted)
    except BuildError as problem:
        is_fatal = "--if-possible" not in arguments
        print(f"The checkout example was not built, so /demo/ has no page: {problem}.", file=sys.stderr)
        if not is_fatal:
            print("Everything else works. `make checkout` tries again.", file=sys.stderr)
        return int(is_fatal)
    print(f"Built the checkout example into {TARGET}.")
    return 0


def fingerprint() -> str:
    """All that the build is made of."""
    paths = [ROOT / "schema.graphql", LOCK, *(HERE / name for name in SOURCES)]
    paths += sorted(path for path in (HERE / "src").rglob("*") if path.is_file() and "gql" not in path.parts)
    digest = hashlib.sha256()
    for path in paths:
        digest.update(hashlib.sha256(path.read_bytes()).digest() + str(path.relative_to(ROOT)).encode())
    return digest.hexdigest()


def find_npm() -> str:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        raise BuildError("this machine has no node and npm on PATH")
    said = run([node, "--version"])
    version = tuple(map(int, re.findall(r"\d+", said)[:2]))
    if version < OLDEST_NODE:
        raise BuildError(f"node is {said.strip()}, and it needs {'.'.join(map(str, OLDEST_NODE))} or newer")
    return npm


def install_packages(npm: str) -> None:
    """The packages of the lock file, unless they are there from the last time."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if PACKAGES.is_file() and PACKAGES.read_text(encoding="utf-8") == wanted:
        return
    run([npm, *NPM_CI])
    PACKAGES.write_text(wanted, encoding="utf-8")


def build(npm: str, wanted: str) -> None:
    """The stamp goes first and comes last, for a killed run."""
    STAMP.unlink(missing_ok=True)
    run([npm, "run", "build", "--silent"])
    LICENCES.write_text(licences(), encoding="utf-8")
    STAMP.write_text(wanted, encoding="utf-8")


def run(command: list[str]) -> str:
    """What a command says.

    Raises:
        BuildError: it failed, or could not be started.
    """
    environment = {**os.environ, "NO_COLOR": "1", "CI": "1"}
    try:
        done = subprocess.run(  # noqa: S603 — every command is built from constants
            command, cwd=HERE, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{command[0]} could not be started ({error})") from error
    if done.returncode != 0:
        said = (done.stderr.strip() + "\n" + done.stdout.strip()).strip().splitlines() or ["nothing"]
        raise BuildError(
            f"`{' '.join([Path(command[0]).name, *command[1:]])}` failed and said: {' / '.join(said[:20])}"
        )
    return done.stdout


def licences() -> str:
    """The licence text of every package that is in what browsers load."""
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    parts = []
    for place, package in sorted(packages.items()):
        if not place or package.get("dev") or package.get("devOptional"):
            continue
        texts = [
            file.read_text(encoding="utf-8", errors="replace").strip()
            for file in sorted((HERE / place).iterdir())
            if file.is_file() and file.name.lower().startswith(("licen", "copying", "notice"))
        ]
        name = place.rpartition("node_modules/")[2]
        title = f"{name} {package['version']} ({package.get('license', 'see its text')})"
        parts.append("\n\n".join((f"{title}\n{'=' * len(title)}", *texts)))
    return "\n\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
