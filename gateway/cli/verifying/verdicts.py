"""What `gateway verify` found, in words: a table with a passage for each row at fault, or one JSON object."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from gateway.schema.conventions import ids
from gateway.services.verification.model import SCHEMA, Fault, Finding

MOST_PRINTED = 50
"""Rows of one invariant that are printed in words. A program gets many more."""

KINDS = {"payment": ids.PAYMENT, "purchase": ids.PURCHASE, "refund": ids.REFUND, "job": ids.JOB, "course": ids.COURSE}
"""The kind of the id by which the API knows a row, by its table."""


NOTICED = timedelta(minutes=1)
"""From when on it is told that the clock is behind."""


@dataclass(slots=True)
class Summary:
    """What was looked at and what was found, in all.

    Args:
        behind: how far this machine's clock is behind the newest rows.
    """

    behind: timedelta = timedelta()
    _rows: dict[str, int] = field(default_factory=dict)
    _invariants: int = 0
    _broken: int = 0
    _broken_rows: int = 0

    def add(self, finding: Finding) -> None:
        self._invariants += 1
        self._broken += finding.broken_rows > 0
        self._broken_rows += finding.broken_rows
        if finding.invariant.of != SCHEMA:
            self._rows[finding.invariant.of] = finding.counted

    @property
    def is_well(self) -> bool:
        return not self._broken

    def __str__(self) -> str:
        """One sentence; and another where the clock is behind."""
        looked = f"{sum(self._rows.values()):,} rows of {len(self._rows)} tables were looked at"
        if self.is_well:
            found = f"each of the {self._invariants} invariants holds"
        else:
            of_all = f"{self._broken} of the {self._invariants} invariants"
            verb = "is" if self._broken == 1 else "are"
            found = f"{of_all} {verb} broken, {self._broken_rows:,} times in all, as shown above"
        return f"{looked}: {found}.{self._of_clock}"

    @property
    def _of_clock(self) -> str:
        if self.behind < NOTICED:
            return ""
        return (
            f" This machine's clock is {timedelta(seconds=round(self.behind.total_seconds()))} behind the newest rows,"
            " so these were judged by their own time: set the clock."
        )


class Verdicts(Protocol):
    """Takes what is found, as it is found."""

    def add(self, finding: Finding) -> None: ...

    def end(self, summary: Summary) -> None: ...


class Printed:
    """Printed at once, for a person."""

    def __init__(self, database: str) -> None:
        print(f"{database}\n\nresult       rows  invariant", flush=True)

    def add(self, finding: Finding) -> None:
        invariant = finding.invariant
        verdict = "FAILED" if finding.broken_rows else "ok"
        print(f"{verdict:6}  {finding.counted:>9,}  {invariant.sentence}", flush=True)
        for key, faults in _by_row(finding):
            print(f"{'':19}{row_name(invariant.of, key)}")
            for fault in faults:
                print(f"{'':21}{fault.wrong}")
                if fault.values:
                    print(f"{'':21}Here: {', '.join(f'{name} {_said(it)}' for name, it in fault.values.items())}")
        if finding.broken_rows > MOST_PRINTED:
            print(f"{'':19}and {finding.broken_rows - MOST_PRINTED:,} more; `gateway verify --json` lists them")
        if finding.broken_rows:
            print(f"{'':19}What to do: {invariant.remedy}", flush=True)

    def end(self, summary: Summary) -> None:
        print(f"\n{summary}", flush=True)


class AsJson:
    """One object, printed at the end, for a program."""

    def __init__(self, database: str) -> None:
        self._said: dict[str, Any] = {"database": database, "result": "ok", "invariants": [], "faults": []}

    def add(self, finding: Finding) -> None:
        invariant = finding.invariant
        if finding.broken_rows:
            self._said["result"] = "broken"
        self._said["invariants"].append(
            {
                "table": invariant.of,
                "invariant": invariant.sentence,
                "rows": finding.counted,
                "broken": finding.broken_rows,
            }
        )
        self._said["faults"] += [_as_object(finding, fault) for fault in finding.faults]

    def end(self, summary: Summary) -> None:
        self._said["summary"] = str(summary)
        json.dump(self._said, sys.stdout, ensure_ascii=False, indent=2, default=str)
        print(flush=True)


def row_name(table: str, key: tuple[object, ...]) -> str:
    """A row as the API names it, and as the database does."""
    stored = ", ".join(map(str, key))
    kind = KINDS.get(table)
    if kind is None or not isinstance(key[0], UUID):
        return f"{table} {stored}"
    return f"{table} {ids.to_text(kind, key[0])} ({stored})"


def _as_object(finding: Finding, fault: Fault) -> Mapping[str, object]:
    table, kind = finding.invariant.of, KINDS.get(finding.invariant.of)
    return {
        "table": table,
        "key": [str(part) for part in fault.key],
        "id": ids.to_text(kind, fault.key[0]) if kind and isinstance(fault.key[0], UUID) else None,
        "invariant": finding.invariant.sentence,
        "wrong": fault.wrong,
        "found": {name: _plain(value) for name, value in fault.values.items()},
        "whatToDo": finding.invariant.remedy,
    }


def _by_row(finding: Finding) -> list[tuple[tuple[object, ...], list[Fault]]]:
    rows: dict[tuple[object, ...], list[Fault]] = {}
    for fault in finding.faults:
        rows.setdefault(fault.key, []).append(fault)
    return list(rows.items())[:MOST_PRINTED]


def _said(value: object) -> str:
    match value:
        case None:
            return "none"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _plain(value: object) -> object:
    """A value as JSON has it, with all texts that a database can hold."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case None | bool() | int() | float() | str() | list() | dict():
            return value
        case _:
            return str(value)
