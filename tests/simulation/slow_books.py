"""A provider whose answers are on their way for so long that other things happen before they arrive."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.values import Payment, Refund
from gateway.services.core.model.verdicts import ProviderRecord, RefundResult, Unacceptable, Verdict
from gateway.services.providers.base import FoundIntent, Intent, KnownEvents, PriceRefused, WebhookEvent, Window
from tests.simulation.books import Books, Fault, Question
from tests.simulation.happenings import Step

Answer = TypeVar("Answer")


async def _nothing(_step: Step) -> None:
    """Until somebody says how steps are played, none is."""


@dataclass
class SlowBooks(Books):
    """`faults` are those of the next questions, one each; `late` is what happens while their answers are on their way,
    all steps of one entry for each answer."""

    faults: deque[Fault | None] = field(default_factory=deque)
    late: deque[Sequence[Step]] = field(default_factory=deque)
    play: Callable[[Step], Awaitable[None]] = _nothing

    def __post_init__(self) -> None:
        self.fault = self._next_fault

    def heal(self) -> None:
        """From now on the line is good and quick."""
        self.faults.clear()
        self.late.clear()

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        return await self._delayed(await super().open(payment, installation))

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        return await self._delayed(await super().settle(payment, proof))

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        return await self._delayed(await super().refund(payment, refund))

    async def inspect(self, payment: Payment) -> ProviderRecord:
        return await self._delayed(await super().inspect(payment))

    async def find(self, reference: str) -> FoundIntent | None:
        return await self._delayed(await super().find(reference))

    async def cancel(self, payment: Payment) -> Verdict | None:
        return await self._delayed(await super().cancel(payment))

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        return await self._delayed(await super().changes(window, known_events))

    async def _delayed(self, answer: Answer) -> Answer:
        for step in self.late.popleft() if self.late else ():
            await self.play(step)
        return answer

    def _next_fault(self, _question: Question, _subject: str) -> Fault | None:
        return self.faults.popleft() if self.faults else None
