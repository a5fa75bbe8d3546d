"""Razorpay's REST API: its requests, its answers, and its errors."""

from collections.abc import Mapping
from itertools import count
from typing import Annotated, Any, TypeVar

import httpx
import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from gateway.services import tracing
from gateway.services.providers.base import ProviderBusy, ProviderUnavailable

log = structlog.get_logger(__name__)

CONNECT_TIMEOUT_S = 3.0
CALL_TIMEOUT_S = 8.0
"""A capture or a refund waits on a bank; every other call is answered well within a second."""

RETRY_AFTER_S = 2
LONGEST_RETRY_AFTER_S = 60
"""The longest wait that a caller is told, whatever Razorpay says: the answer may be there sooner."""

PAGE = 100
"""The most that Razorpay lists at once; it lists 10 where nothing is said."""

MOST_PAGES = 10
"""A thousand disputes since one payment: more than any account survives. Older ones are not read."""

TOO_MUCH = 429
_BUSY = (408, 409, 425, TOO_MUCH)
"""409: the same refund is being made at this moment, by an earlier request with its idempotency key."""


class Refused(ProviderUnavailable):
    """Razorpay answered with a refusal: our keys, our request, or the state of the record there is wrong.

    To a caller that does not expect it, it is an outage: nothing happened there, and a person has to look.
    """

    def __init__(self, status: int, code: str, description: str, field: str | None = None) -> None:
        """Args: field: of our request, where the refusal names one."""
        super().__init__(LONGEST_RETRY_AFTER_S)
        self.status, self.code, self.description, self.field = status, code, description, field

    def __str__(self) -> str:
        return f"Razorpay refused with {self.status} {self.code}: {self.description}"


def _notes(value: object) -> object:
    """Razorpay writes empty notes as a list."""
    return {str(k): str(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else {}


class Entity(BaseModel):
    """What all of Razorpay's records have. Amounts are in the currency's minor unit, times in seconds since 1970."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    amount: int
    currency: str
    created_at: int = 0
    notes: Annotated[dict[str, str], BeforeValidator(_notes)] = {}


class Order(Entity):
    """What is to be paid. Of all attempts to pay it, one can succeed."""

    receipt: str | None = None
    status: str = ""
    amount_due: int | None = None

    @property
    def is_paid_in_full(self) -> bool:
        """By Razorpay's own rules: an Offer takes something off, and a fee that the student bears is on top."""
        return self.status == "paid" and self.amount_due == 0


class Listed(Entity):
    """A payment of the account, which may be for no order at all."""

    order_id: str | None = None
    status: str
    captured: bool | None = None

    @property
    def is_captured(self) -> bool:
        """Whether the merchant got the money, even if it went back since. Money that was never captured goes back by
        itself and reads `refunded` as well, with `captured` false."""
        return self.status == "captured" or (self.status == "refunded" and self.captured is not False)


class Attempt(Listed):
    """One attempt to pay an order: what Razorpay calls a payment."""

    order_id: str
    error_code: str | None = None
    error_reason: str | None = None
    error_description: str | None = None


class RefundEntity(Entity):
    """Captured money on its way back: `pending`, `processed` or `failed`."""

    payment_id: str = ""
    status: str


class Dispute(Entity):
    """What a student's bank asks back of an attempt: `open`, `under_review`, `won`, `lost` or `closed`.

    `amount_deducted` is what it took out of our balance; 0 until the dispute is lost.
    """

    payment_id: str
    status: str
    phase: str | None = None
    amount_deducted: int | None = None
    reason_code: str | None = None
    reason_description: str | None = None


E = TypeVar("E", bound=Entity)


class RazorpayApi:
    """One client with its connections. Every call raises ProviderUnavailable where there is no answer, and Refused
    where the answer is a refusal."""

    def __init__(
        self, key_id: str, key_secret: str, base_url: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._client = httpx.AsyncClient(
            auth=httpx.BasicAuth(key_id, key_secret),
            base_url=base_url,
            timeout=httpx.Timeout(CALL_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            transport=transport,
            event_hooks={"request": [tracing.propagate]},
        )

    async def create_order(self, body: Mapping[str, object]) -> Order:
        return _read(Order, await self._call("POST", "/v1/orders", json=body))

    async def order(self, order_id: str) -> Order:
        return _read(Order, await self._call("GET", f"/v1/orders/{order_id}"))

    async def orders_with(self, receipt: str) -> list[Order]:
        found = await self._call("GET", "/v1/orders", params={"receipt": receipt, "count": PAGE})
        return [order for order in _read_all(Order, found) if order.receipt == receipt]

    async def attempts(self, order_id: str) -> list[Attempt]:
        """All attempts to pay an order, the oldest first."""
        return _read_all(Attempt, await self._call("GET", f"/v1/orders/{order_id}/payments"))

    async def capture(self, attempt: Attempt, amount: int) -> Attempt:
        body = {"amount": amount, "currency": attempt.currency}
        return _read(Attempt, await self._call("POST", f"/v1/payments/{attempt.id}/capture", json=body))

    async def refunds(self, attempt_id: str) -> list[RefundEntity]:
        """The refunds of an attempt, the oldest first."""
        found = await self._call("GET", f"/v1/payments/{attempt_id}/refunds", params={"count": PAGE})
        return _read_all(RefundEntity, found)

    async def payment(self, payment_id: str) -> Listed:
        return _read(Listed, await self._call("GET", f"/v1/payments/{payment_id}"))

    async def listed(self, name: str, kind: type[E], since_s: int, until_s: int) -> list[E]:
        """All of that kind which the account created in that time, the oldest first. Razorpay lists the newest first,
        so a record that is created meanwhile shows another one twice, and hides none."""
        found: dict[str, E] = {}
        for page in count():
            wanted = {"from": since_s, "to": until_s, "count": PAGE, "skip": page * PAGE}
            some = _read_all(kind, await self._call("GET", f"/v1/{name}", params=wanted))
            found |= {each.id: each for each in some}
            if len(some) < PAGE:
                break
        return sorted(found.values(), key=_age)

    async def disputes(self, since_s: int) -> list[Dispute]:
        """The account's disputes raised at that Unix time or later, the oldest first; Razorpay cannot be asked for
        those of one payment. It lists the newest first, so one that is raised meanwhile shows another twice, and
        hides none."""
        found: dict[str, Dispute] = {}
        for page in range(MOST_PAGES):
            wanted = {"count": PAGE, "skip": page * PAGE, "from": since_s}
            listed = _read_all(Dispute, await self._call("GET", "/v1/disputes", params=wanted, is_logged=False))
            found |= {dispute.id: dispute for dispute in listed}
            if len(listed) < PAGE:
                break
        else:
            log.error("razorpay has more disputes than are looked at", since_s=since_s, looked_at=len(found))
        return sorted(found.values(), key=_age)

    async def create_refund(self, attempt_id: str, key: str, body: Mapping[str, object]) -> RefundEntity:
        """Args: key: the same key and body again give the same refund."""
        headers = {"X-Refund-Idempotency": key}
        return _read(
            RefundEntity, await self._call("POST", f"/v1/payments/{attempt_id}/refund", json=body, headers=headers)
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def _call(self, method: str, path: str, is_logged: bool = True, **sent: Any) -> Mapping[str, object]:
        """Args: is_logged: whether a refusal is logged here; else by the caller."""
        try:
            response = await self._client.request(method, path, **sent)
        except httpx.RequestError as error:
            raise ProviderUnavailable(RETRY_AFTER_S) from error
        if response.status_code in _BUSY or response.is_server_error:
            is_too_much = response.status_code == TOO_MUCH
            raise (ProviderBusy if is_too_much else ProviderUnavailable)(_retry_after_s(response))
        body = _json(response)
        if not response.is_success:
            refused = _refusal(response.status_code, body)
            if is_logged:
                log.warning("razorpay refused", method=method, path=path, error=str(refused))
            raise refused
        if body is None:  # a proxy's page, or a truncated answer: nobody knows what happened
            raise ProviderUnavailable(RETRY_AFTER_S)
        return body


def _json(response: httpx.Response) -> Mapping[str, object] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _refusal(status: int, body: Mapping[str, object] | None) -> Refused:
    error = (body or {}).get("error")
    details = error if isinstance(error, dict) else {}
    code, description = (str(details.get(name) or "") for name in ("code", "description"))
    field = details.get("field")
    return Refused(
        status, code or "UNKNOWN", description or "it gave no reason", field if isinstance(field, str) else None
    )


def _retry_after_s(response: httpx.Response) -> int:
    seconds = response.headers.get("retry-after", "")
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) < 10
    return min(max(int(seconds), 1), LONGEST_RETRY_AFTER_S) if is_number else RETRY_AFTER_S


def _read(kind: type[E], body: object) -> E:
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        raise ProviderUnavailable(RETRY_AFTER_S) from error


def _read_all(kind: type[E], body: Mapping[str, object]) -> list[E]:
    items = body.get("items")
    if not isinstance(items, list):
        raise ProviderUnavailable(RETRY_AFTER_S)
    return sorted((_read(kind, item) for item in items), key=_age)


def _age(entity: Entity) -> tuple[int, str]:
    """By which the oldest comes first, the same way every time."""
    return entity.created_at, entity.id
