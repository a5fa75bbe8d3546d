"""A provider whose calls are timed, and shown as spans: whatever vendor it is, and nothing else is different."""

from collections.abc import Awaitable, Mapping
from datetime import datetime
from time import perf_counter
from typing import TypeVar

from gateway.services import tracing
from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.values import Money, Payment, Refund
from gateway.services.core.model.verdicts import ProviderRecord, RefundResult, Unacceptable, Unreachable, Verdict
from gateway.services.measures import recording
from gateway.services.providers.base import (
    FoundIntent,
    Intent,
    KnownEvents,
    PaymentProvider,
    PriceRefused,
    ProviderBusy,
    ProviderUnavailable,
    UnreadableAmount,
    WebhookEvent,
    Window,
)

Answer = TypeVar("Answer")


class Observed:
    """`PaymentProvider`, as another one answers."""

    def __init__(self, provider: PaymentProvider) -> None:
        self._provider = provider
        self.name = provider.name
        self._label = provider.name.value

    def amount_problem(self, money: Money) -> str | None:
        return self._provider.amount_problem(money)

    async def open(self, payment: Payment, installation: str) -> Intent | PriceRefused:
        return await self._observed("open", self._provider.open(payment, installation))

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        return await self._observed("settle", self._provider.settle(payment, proof))

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        return await self._observed("refund", self._provider.refund(payment, refund))

    async def inspect(self, payment: Payment) -> ProviderRecord:
        return await self._observed("inspect", self._provider.inspect(payment))

    async def find(self, reference: str) -> FoundIntent | None:
        return await self._observed("find", self._provider.find(reference))

    async def cancel(self, payment: Payment) -> Verdict | None:
        return await self._observed("cancel", self._provider.cancel(payment))

    async def changes(self, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        return await self._observed("changes", self._provider.changes(window, known_events))

    def read_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        return self._provider.read_webhook(headers, body, now)

    async def close(self) -> None:
        await self._provider.close()

    async def _observed(self, call: str, answering: Awaitable[Answer]) -> Answer:
        if not tracing.recorded.get():
            return await self._timed(call, answering)
        with tracing.child(f"{self._label.lower()} {call}", is_client=True, gateway__provider=self._label):
            return await self._timed(call, answering)

    async def _timed(self, call: str, answering: Awaitable[Answer]) -> Answer:
        began, result = perf_counter(), "failed"
        try:
            answer = await answering
            result = "unavailable" if isinstance(answer, Unreachable) else "answered"
        except UnreadableAmount:
            result = "answered"  # by what our books cannot hold
            raise
        except ProviderBusy:
            result = "busy"
            raise
        except ProviderUnavailable:
            result = "unavailable"
            raise
        else:
            return answer
        finally:
            if (measures := recording.measures) is not None:
                measures.provider_calls.observe(perf_counter() - began, self._label, call, result)
            tracing.note(gateway__result=result)
