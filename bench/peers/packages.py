"""The packages of the Mercurius peer: those of its lock file, installed once."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parent / "mercurius"
LOCK = HOME / "package-lock.json"
INSTALLED = HOME / "node_modules" / ".of-lock-file"
LONGEST_S = 900


class NotInstalled(Exception):
    """Why the peer cannot run here, as a clause for the user."""


def install() -> None:
    """Install them, unless they are there from the last time.

    Raises:
        NotInstalled
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotInstalled("this machine has no node and npm on PATH")
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if INSTALLED.is_file() and INSTALLED.read_text(encoding="utf-8") == wanted:
        return
    print("Installing Mercurius, once; where better-sqlite3 has to be compiled, for two minutes.", file=sys.stderr)
    command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        done = subprocess.run(  # noqa: S603  built from constants
            command, cwd=HOME, capture_output=True, text=True, timeout=LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"npm could not install it ({error})") from error
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise NotInstalled(f"npm could not install it, and said: {' / '.join(said[-5:])}")
    INSTALLED.write_text(wanted, encoding="utf-8")
