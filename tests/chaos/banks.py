"""A provider as its other users meet it: students who pay, people at the dashboard, other systems, and auditors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.services.core.model.values import Provider

Thing = dict[str, Any]
CURRENCY = "INR"
"""Of every price in the run."""


@dataclass(frozen=True)
class Letter:
    """A webhook as it lies at the provider, to be signed whenever it is sent: what it is about, and its body."""

    bank: "Bank"
    event_id: str
    reference: str
    body: bytes


@dataclass(frozen=True)
class GivenBack:
    """Money that went back by the provider's books: a refund, with our id of it where we asked for it, or a dispute
    that was lost."""

    id: str
    reference: str
    amount_minor: int
    currency: str = CURRENCY
    gateway_refund_id: str | None = None


@dataclass(frozen=True)
class Sale:
    """What a student pays an intent for, as the student means it."""

    student_id: str
    course_id: str
    tier: str
    is_renewal: bool = False


@dataclass
class Bank(ABC):
    """A provider's books, and its webhooks as they come to be.

    Args:
        post: takes each webhook.
    """

    post: Callable[[Letter], None]
    sales: dict[str, Sale] = field(default_factory=dict)
    """By intent. What has none is another application's money, on the same account."""
    own_pending: dict[str, int] = field(default_factory=dict)
    """Minor units of an intent that an admin was promised to be given back."""
    kept_by_admin: set[str] = field(default_factory=set)
    """Intents whose purchase an admin replaced by hand."""
    unheard: set[str] = field(default_factory=set)
    """Intents of which no webhook arrives any more."""
    noticed: int = 0
    """How many refunds webhooks were written for."""
    _undecided: list[tuple[str, str]] = field(default_factory=list)
    _events: int = 0

    name: Provider = field(init=False)
    most_entries: int = field(init=False)
    """How many entries of metadata an intent may have there."""

    @abstractmethod
    def books(self) -> httpx.AsyncBaseTransport: ...

    @abstractmethod
    def settings(self, url: str) -> dict[str, str]:
        """What a gateway is told, so that it calls this provider at that address."""

    @abstractmethod
    def proof(self, reference: str) -> Thing | None:
        """What the browser hands to confirmPayment after it was paid there."""

    @abstractmethod
    def book(self, amount_minor: int, metadata: Mapping[str, str]) -> str:
        """The reference of an intent that another system opens."""

    @abstractmethod
    def pay(self, reference: str) -> None:
        """A card succeeds: the money is captured."""

    @abstractmethod
    def decline(self, reference: str) -> None: ...

    @abstractmethod
    def begin(self, reference: str) -> None:
        """The student has done their part; the bank takes its time."""

    @abstractmethod
    def finish(self, reference: str) -> None:
        """The bank has captured the money of what was begun."""

    @abstractmethod
    def give_back(self, reference: str, amount_minor: int | None = None) -> None:
        """All that is left of it or a part, at the dashboard."""

    @abstractmethod
    def claim(self, reference: str, amount_minor: int | None = None, currency: str = CURRENCY) -> str:
        """The id of a dispute, which is open for now: of all that was captured, or of another figure."""

    @abstractmethod
    def decide(self, dispute_id: str, verdict: str) -> None:
        """A dispute ends `lost` or `won`."""

    @abstractmethod
    def headers(self, letter: Letter) -> dict[str, str]: ...

    @abstractmethod
    def captured(self) -> dict[str, int]:
        """Minor units that each captured intent brought."""

    @abstractmethod
    def refunds(self) -> list[GivenBack]: ...

    @abstractmethod
    def lost(self) -> list[GivenBack]:
        """The disputes that were lost."""

    @abstractmethod
    def disputed(self) -> set[str]:
        """Intents of which there was a dispute, whatever became of it."""

    @abstractmethod
    def contested(self) -> set[str]:
        """Intents of which a dispute is still open."""

    @abstractmethod
    def intents(self) -> int: ...

    @abstractmethod
    def write_of_refunds(self) -> None:
        """Webhooks for the refunds that came to be since the last time."""

    def lose(self, reference: str, amount_minor: int | None = None, currency: str = CURRENCY) -> None:
        """A dispute that is lost at once, as one is that nobody answers."""
        self.decide(self.claim(reference, amount_minor, currency), "lost")

    def decide_later(self, dispute_id: str, verdict: str) -> None:
        self._undecided.append((dispute_id, verdict))

    def decide_all(self) -> None:
        """The disputes that were open for a while end."""
        while self._undecided:
            self.decide(*self._undecided.pop())

    def _write(self, reference: str, body: Callable[[str], bytes]) -> bytes:
        """The webhook, as it is posted."""
        self._events += 1
        event_id = f"evt_{self.name.lower()}_{self._events}"
        letter = Letter(self, event_id, reference, body(event_id))
        self.post(letter)
        return letter.body


def sums(money: Iterable[GivenBack]) -> dict[str, int]:
    """Minor units of the run's currency by intent."""
    found: dict[str, int] = {}
    for each in money:
        found[each.reference] = found.get(each.reference, 0) + each.amount_minor * (each.currency == CURRENCY)
    return found
