"""The report of an import: for each row what came of it, as CSV or JSON lines."""

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO

from gateway.importing.spreadsheets import guarded
from gateway.services.core.model.outcomes import FieldProblem

COLUMNS = ("line", "oldId", "outcome", "field", "reason", "purchaseId")
LONGEST_SHOWN = 255
"""Of an old id that may be anything."""


class RowOutcome(StrEnum):
    IMPORTED = "imported"
    THERE = "already there"
    CONFLICT = "conflict"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One thing to know of a row: a row with several problems has as many lines."""

    line: int
    old_id: str
    outcome: RowOutcome
    field: str = ""
    reason: str = ""
    purchase_id: str = ""

    @property
    def values(self) -> tuple[int, str, str, str, str, str]:
        return self.line, self.old_id, self.outcome.value, self.field, self.reason, self.purchase_id


def object_of(line: ReportLine) -> Mapping[str, object]:
    """The line as JSON has it: what is empty is left out."""
    return {name: value for name, value in zip(COLUMNS, line.values, strict=True) if value != ""}


@dataclass(slots=True)
class Report:
    """Counts rows by what came of them, and tells of each."""

    tell: Callable[[ReportLine], object]
    counts: Counter[RowOutcome] = field(default_factory=Counter)
    noted: int = 0

    def row(
        self,
        line: int,
        old_id: str,
        outcome: RowOutcome,
        problems: Iterable[FieldProblem] = (),
        purchase_id: str = "",
    ) -> None:
        """What came of a row, and each problem or note with it."""
        self.counts[outcome] += 1
        listed = [(".".join(problem.path), problem.message) for problem in problems]
        is_here = outcome in (RowOutcome.IMPORTED, RowOutcome.THERE)
        self.noted += bool(listed) and is_here
        for name, reason in listed or [("", "")]:
            self.tell(ReportLine(line, _shown(old_id), outcome, name, reason, purchase_id))

    @property
    def has_faults(self) -> bool:
        return bool(self.counts[RowOutcome.FAULT] or self.counts[RowOutcome.CONFLICT])


@contextmanager
def written(path: Path) -> Iterator[Callable[[ReportLine], object]]:
    """What tells a report into a file: JSON lines where its name ends so, else CSV.

    Raises:
        OSError: it cannot be written.
    """
    is_json = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield _as_json(file) if is_json else _as_csv(file)


def _as_json(file: IO[str]) -> Callable[[ReportLine], object]:
    def tell(line: ReportLine) -> None:
        file.write(json.dumps(object_of(line), ensure_ascii=False) + "\n")

    return tell


def _as_csv(file: IO[str]) -> Callable[[ReportLine], object]:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    return lambda line: writer.writerow([guarded(each) if isinstance(each, str) else each for each in line.values])


def _shown(old_id: str) -> str:
    readable = "".join(each if each.isprintable() else "\ufffd" for each in old_id[: LONGEST_SHOWN + 1])
    return readable if len(readable) <= LONGEST_SHOWN else readable[:LONGEST_SHOWN] + "…"
