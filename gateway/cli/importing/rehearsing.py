"""A dry run: rows are decided as an import would, on what is in the books and on the rows before them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.services.core.commands.imports.import_purchase import ImportPurchase
from gateway.services.core.commands.imports.rehearse_import import RehearseImport
from gateway.services.core.model.outcomes import Busy, ImportRehearsed, Outcome, PurchaseImported
from gateway.services.outages import Unavailable


@dataclass(slots=True)
class Rehearsal:
    """Remembers the rows that would have come over, for those after them that they meet.

    Args:
        write: hands a command to the writer, which writes nothing for this one.
    """

    write: Callable[[RehearseImport], Awaitable[Outcome]]
    _numbers: dict[ImportPurchase, int] = field(default_factory=dict)
    """Those rows, each with its place among them."""
    _by: dict[tuple[str, ...], list[ImportPurchase]] = field(default_factory=dict)
    """The same by whatever a later row may have in common with them."""

    async def hand_over(self, commands: Sequence[ImportPurchase]) -> Sequence[Outcome]:
        """What each comes to. Raises: Unavailable."""
        outcome = await self.write(RehearseImport(tuple(commands), tuple(self._met_by(commands))))
        if isinstance(outcome, Busy):
            raise Unavailable("it is busy. Nothing was written; try again.")
        assert isinstance(outcome, ImportRehearsed), outcome
        for command, of_row in zip(commands, outcome.outcomes, strict=True):
            if isinstance(of_row, PurchaseImported) and of_row.is_new:
                self._remember(command)
        return outcome.outcomes

    def _remember(self, command: ImportPurchase) -> None:
        self._numbers[command] = len(self._numbers)
        for name in _names(command):
            self._by.setdefault(name, []).append(command)

    def _met_by(self, commands: Iterable[ImportPurchase]) -> list[ImportPurchase]:
        """The earlier rows that these may meet, and those that they stand on, in their order."""
        found: dict[ImportPurchase, None] = {}
        looked_at = list(commands)
        while looked_at:
            command = looked_at.pop()
            for name in _names(command):
                for earlier in self._by.get(name, ()):
                    if earlier not in found:
                        found[earlier] = None
                        looked_at.append(earlier)
        return sorted(found, key=self._numbers.__getitem__)


def _names(command: ImportPurchase) -> Iterator[tuple[str, ...]]:
    """What a row has in common with those that it may meet: its student's course, its payment, its old id, and that of
    the purchase it replaced."""
    old = command.old
    yield "pair", old.student_id, old.course_id.hex
    yield "id", old.old_id
    if old.supersedes is not None:
        yield "id", old.supersedes
    if old.payment is not None:
        yield "payment", old.payment.provider.value, old.payment.reference
