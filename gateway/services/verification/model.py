"""Invariants as values: what must be true of a table's rows, how a row breaks it, and what to do then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Values = Mapping[str, object]
"""What a check shows of a row: by a name such as `payment.status`, the value as Python has it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which a row breaks an invariant.

    Args:
        broken: the condition, in SQL; NULL is as good as false. Columns are named with their table, or with the alias
            of what is joined to it.
        wrong: for a person, what is wrong and how it should be.
        shows: what of the row is printed with it.
        judge: decides exactly, by what is shown, of a row that the condition only suspects.
        of: the kinds of rows that it is about, by the words of the table's `kind`; all rows by default. So a row is
            asked only what its kind may break.
    """

    broken: str
    wrong: str
    shows: tuple[str, ...] = ()
    judge: Callable[[Values], bool] | None = None
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Whole:
    """What no single row can tell: a statement that lists what is wrong, by a key.

    Args:
        wrong: as that of a check.
        unless: the unique index that makes it impossible; it is looked for only where that is gone.
    """

    listed: str
    wrong: str
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Invariant:
    """What must be true of every row of a table.

    Args:
        of: the table, or `SCHEMA`.
        remedy: what an operator does about a row that breaks it.
    """

    sentence: str
    of: str
    remedy: str
    checks: tuple[Check, ...] = ()
    whole: Whole | None = None


SCHEMA = "schema"
"""Stands for a table where an invariant is of the database's own structure."""


@dataclass(frozen=True, slots=True)
class Related:
    """One row of another table, found by its key.

    Args:
        on: how its key is known, in SQL.
    """

    alias: str
    table: str
    on: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What many rows of another table come to, for each row of a page.

    They are read in one go for the whole page, and must lie by what they belong to: `by` is the column of theirs that
    equals the first column of the table's key.
    """

    alias: str
    table: str
    by: str
    columns: Mapping[str, str]
    where: str = "TRUE"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table to be gone through in the order of its key, with what is joined to each row and what must be true of it.

    Each is equal to itself alone, so that its statements are written once.

    Args:
        key: its primary key's columns.
        by: those of them by which pages end; all by default. Rows that have them in common are on one page.
        facts: what is shown besides columns, as SQL by its name.
        kind: the column that says which kind of row one is, where checks are of some kinds only.
    """

    name: str
    key: tuple[str, ...]
    joins: tuple[Related | Gathered, ...]
    invariants: tuple[Invariant, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    by: tuple[str, ...] = ()

    @property
    def bounds(self) -> tuple[str, ...]:
        """The columns by which pages begin and end."""
        return self.by or self.key

    @property
    def checks(self) -> list[Check]:
        return [check for invariant in self.invariants for check in invariant.checks]

    @property
    def tables(self) -> dict[str, str]:
        """The table of each name that a condition may use, but for what is gathered."""
        return {self.name: self.name, **{each.alias: each.table for each in self.joins if isinstance(each, Related)}}


@dataclass(frozen=True, slots=True)
class Fault:
    """A row that breaks an invariant: its key, what is wrong with it, and what that is seen by."""

    key: tuple[object, ...]
    wrong: str
    values: Values = field(default_factory=dict)


MOST_KEPT = 10_000
"""Faults of one invariant that are kept; all are counted. A database with more of them has one fault, and not many."""


@dataclass(slots=True)
class Finding:
    """How many rows an invariant was asked of, and those that break it."""

    invariant: Invariant
    counted: int = 0
    broken_rows: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def broken(self) -> list[object]:
        """The keys of the rows that break it; the value itself where a key is one column."""
        keys = dict.fromkeys(fault.key for fault in self.faults)
        return [key[0] if len(key) == 1 else key for key in keys]

    def add(self, faults: Sequence[Fault]) -> None:
        """The faults of one row."""
        self.broken_rows += 1
        self.faults += faults[: max(0, MOST_KEPT - len(self.faults))]


@dataclass(frozen=True, slots=True)
class Step:
    """How far the look has come: so many rows of all, and what was found of the tables that were finished by this
    step."""

    done: int
    of: int
    findings: Sequence[Finding] = ()
