"""The look through the whole database: what there is to look at, handed out a page at a time to all who look."""

from collections import deque
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection, text

from db.tables import Row
from gateway.services.verification import looking
from gateway.services.verification.looking import Key, Look
from gateway.services.verification.model import SCHEMA, Fault, Finding, Invariant, Step, Table
from gateway.services.verification.structure import STRUCTURE, missing
from gateway.services.verification.tables.every import tables
from gateway.services.verification.words import Words


def verify(
    connection: Connection, clock: Callable[[], datetime], names: Container[str] | None = None
) -> Iterator[Step]:
    """Check the invariants over the whole database by one look, see `Work` and `Look`."""
    clock()
    work = Work(connection, names)
    look = Look(connection, clock)
    while (step := work.go_on(look)) is not None:
        yield step


class Work:
    """Checks the invariants over the whole database, each row of a table for all invariants of that table together.

    Each page is one statement, which sees a row and all that belongs to it in one moment; so pages may be of different
    moments, and of different connections. What is written meanwhile is looked at, or not.

    Args:
        names: the tables to look at, or `SCHEMA`; all of them by default.
    """

    def __init__(self, connection: Connection, names: Container[str] | None = None) -> None:
        words = Words(connection.dialect.name == "sqlite")
        gone = missing(connection)
        indexes = {fault.key[0] for fault in gone}
        self._structure = _of_structure(gone) if names is None or SCHEMA in names else None
        looked_at = [table for table in tables(words) if names is None or table.name in names]
        sizes = _sizes(connection, looked_at)
        self._left = deque(_Progress(table, size, indexes) for table, size in zip(looked_at, sizes, strict=True))
        self._done, self.rows = 0, sum(each.left for each in self._left)
        self._lock = Lock()

    def go_on(self, look: Look) -> Step | None:
        """Look at the next page; None where all are looked at, or somebody else is at the last ones."""
        with self._lock:
            if self._structure is not None:
                step, self._structure = Step(0, self.rows, [self._structure]), None
                return step
            if (page := self._next(look)) is None:
                return None
        suspects = () if page.of.is_empty else look.suspects(page.of.table, page.after, page.until)
        with self._lock:
            look.judge(page.of.table, suspects, page.of.findings)
            return self._finished(page.of)

    def _next(self, look: Look) -> "_Page | None":
        while self._left and self._left[0].is_over:
            self._left.popleft()
        return self._left[0].take(look) if self._left else None

    def _finished(self, progress: "_Progress") -> Step:
        rows = progress.give_back()
        self._done += rows
        return Step(self._done, self.rows, progress.findings if progress.is_done else ())


@dataclass(slots=True)
class _Progress:
    """How far the look through a table has come.

    Args:
        left: how many rows have not been looked at, as counted at the beginning.
        gone: the unique indexes that the database lacks.
    """

    table: Table
    left: int
    gone: Container[object]
    is_over: bool = False
    """Whether the last page was taken."""
    is_empty: bool = field(init=False)
    """Whether it had no rows at the beginning: then no page is asked for, which has the server plan for nothing."""
    findings: list[Finding] = field(init=False)
    _after: Key | None = None
    _under_way: int = 0

    def __post_init__(self) -> None:
        self.is_empty = self.left == 0
        self.findings = [Finding(invariant, self.left) for invariant in self.table.invariants]

    @property
    def is_done(self) -> bool:
        return self.is_over and not self._under_way

    def take(self, look: Look) -> "_Page":
        """The next page; before the first, what no page can tell is looked for."""
        if self._after is None:
            self._look_at_all(look)
        page = _Page(self, self._after, None if self.is_empty else look.end(self.table, self._after))
        self._after, self.is_over = page.until, page.until is None
        self._under_way += 1
        return page

    def give_back(self) -> int:
        """A page was looked at; gives how many rows that was, about."""
        self._under_way -= 1
        rows = self.left if self.is_done else min(looking.ROWS_OF_A_PAGE, self.left)
        self.left -= rows
        return rows

    def _look_at_all(self, look: Look) -> None:
        for finding in self.findings:
            whole = finding.invariant.whole
            if whole is not None and (whole.unless is None or whole.unless in self.gone):
                for key in look.whole(whole.listed):
                    finding.add([Fault(key, whole.wrong)])


@dataclass(frozen=True, slots=True)
class _Page:
    """Rows of a table: those after one, and up to another; either may be open."""

    of: _Progress
    after: Key | None
    until: Key | None


def invariants(words: Words) -> list[Invariant]:
    """All of them, in the order in which they are checked."""
    return [STRUCTURE, *(invariant for table in tables(words) for invariant in table.invariants)]


def _sizes(connection: Connection, some: Sequence[Table]) -> Sequence[int]:
    """How many rows each has, of one moment."""
    counts = ", ".join(f"(SELECT count(*) FROM {table.name})" for table in some)
    return connection.execute(text(f"SELECT {counts}")).one() if some else ()


def _of_structure(gone: Sequence[Fault]) -> Finding:
    finding = Finding(STRUCTURE, len(Row.metadata.tables))
    for fault in gone:
        finding.add([fault])
    return finding
