"""Rows one after the other, read, handed to the one writer in batches, and reported."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from db.outages import in_a_line
from gateway.importing.reports import Report, RowOutcome
from gateway.importing.rows import SourceRow
from gateway.schema.conventions import ids
from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.outcomes import (
    Busy,
    FieldProblem,
    ImportRefused,
    Outcome,
    PurchaseImported,
)
from gateway.services.outages import Unavailable

ROWS_AT_ONCE = 250
"""Of a batch, which is one turn of the writer: who else writes waits for one."""

MOST_TRIES = 30
"""How often a batch is handed over while the writer is busy, about a second apart."""

HandOver = Callable[[Sequence[ImportPurchase]], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True, slots=True)
class Read:
    """A row that was read, or what is wrong with it."""

    line: int
    command: ImportPurchase | None
    old_id: str = ""
    problems: Sequence[FieldProblem] = ()


@dataclass(slots=True)
class Importing:
    """Brings rows over.

    Args:
        read: what a row means.
        hand_over: decides rows in their order, and gives what each came to.
        on_progress: told of each row that was read.
    """

    read: Callable[[SourceRow], Read]
    hand_over: HandOver
    report: Report
    on_progress: Callable[[SourceRow], object] = lambda _row: None
    _lines: dict[str, int] = field(default_factory=dict)
    """By old id, the lines of the rows that were right in themselves."""
    _waiting: list[Read] = field(default_factory=list)
    """Rows that came before the one of the purchase which they replaced."""

    async def run(self, rows: Iterable[SourceRow]) -> None:
        """Bring all of them over. Where it is broken off, what was handed over is decided and reported all the same."""
        batch: list[Read] = []
        for row in rows:
            self.on_progress(row)
            read = self._once(self.read(row))
            (self._waiting if self._is_early(read) else batch).append(read)
            if len(batch) == ROWS_AT_ONCE:
                await self._decided(batch)
                batch = []
        await self._decided(batch)
        late = sorted(self._waiting, key=_created_at)
        for start in range(0, len(late), ROWS_AT_ONCE):
            await self._decided(late[start : start + ROWS_AT_ONCE])

    def _once(self, read: Read) -> Read:
        """The row, unless another one had its old id."""
        if read.command is None:
            return read
        before = self._lines.setdefault(read.old_id, read.line)
        if before == read.line:
            return read
        return Read(read.line, None, read.old_id, [FieldProblem(("oldId",), f"is that of line {before} as well")])

    def _is_early(self, read: Read) -> bool:
        """Whether it replaced a purchase that has not come yet: its row may follow."""
        below = read.command.old.supersedes if read.command else None
        return below is not None and below not in self._lines

    async def _decided(self, batch: Sequence[Read]) -> None:
        """Have a batch decided. The next one is read only afterwards: of an embedded database nobody else can write
        while this does, and whoever waits for that has a turn meanwhile."""
        deciding = asyncio.create_task(self._decide(batch))
        try:
            await asyncio.shield(deciding)
        except asyncio.CancelledError:
            await deciding
            raise

    async def _decide(self, batch: Sequence[Read]) -> None:
        commands = [each.command for each in batch if each.command is not None]
        outcomes = iter(await self.hand_over(commands) if commands else ())
        for each in batch:
            if each.command is None:
                self.report.row(each.line, each.old_id, RowOutcome.FAULT, each.problems)
            else:
                self._tell(each, next(outcomes))

    def _tell(self, read: Read, outcome: Outcome) -> None:
        match outcome:
            case PurchaseImported():
                what = RowOutcome.IMPORTED if outcome.is_new else RowOutcome.THERE
                purchase_id = ids.to_text(ids.PURCHASE, outcome.purchase.id)
                self.report.row(read.line, read.old_id, what, outcome.notes, purchase_id)
            case ImportRefused():
                what = RowOutcome.CONFLICT if outcome.is_conflict else RowOutcome.FAULT
                purchase_id = ids.to_text(ids.PURCHASE, outcome.existing.id) if outcome.existing else ""
                self.report.row(read.line, read.old_id, what, outcome.fields, purchase_id)
            case _:
                raise AssertionError(f"an import comes to no {type(outcome).__name__}")


def _created_at(read: Read) -> datetime:
    assert read.command is not None, "what cannot be read waits for nothing"
    return read.command.old.created_at


def to_writer(
    write_all: Callable[[Sequence[ImportPurchase]], Awaitable[Sequence[Outcome]]], trouble: Callable[[], str | None]
) -> HandOver:
    """Hands rows to the one writer. While it is busy they are handed over again, which does nothing twice; one that the
    database refuses is found by halves, and keeps nobody else back."""

    async def hand_over(commands: Sequence[ImportPurchase]) -> Sequence[Outcome]:
        try:
            return await written(commands)
        except DBAPIError as error:
            if len(commands) == 1:
                return [ImportRefused((FieldProblem((), f"the database refuses it: {in_a_line(error)}"),))]
        middle = len(commands) // 2
        return [*await hand_over(commands[:middle]), *await hand_over(commands[middle:])]

    async def written(commands: Sequence[ImportPurchase]) -> Sequence[Outcome]:
        for _ in range(MOST_TRIES):
            outcomes = await write_all(commands)
            waits = [outcome.retry_after_s for outcome in outcomes if isinstance(outcome, Busy)]
            if not waits:
                return outcomes
            await asyncio.sleep(max(waits))
        raise Unavailable(f"{trouble() or 'it is busy'}. What was reported came over; run the same again to go on.")

    return hand_over


def reader_of(
    fields_of: Callable[[SourceRow], dict[str, object]],
    row_of: Callable[[dict[str, object]], OldPurchase | list[FieldProblem]],
    command_of: Callable[[OldPurchase], ImportPurchase],
) -> Callable[[SourceRow], Read]:
    """What reads a row of a source into its command."""

    def read(row: SourceRow) -> Read:
        if row.values is None:
            return Read(row.line, None, "", [FieldProblem((), row.fault or "cannot be read")])
        fields = fields_of(row)
        old_id = str(fields.get("oldId") or "").strip()
        old = row_of(fields)
        if isinstance(old, list):
            return Read(row.line, None, old_id, old)
        command = command_of(old)
        if problems := command.problems():
            return Read(row.line, None, old_id, problems)
        return Read(row.line, command, old.old_id)

    return read
