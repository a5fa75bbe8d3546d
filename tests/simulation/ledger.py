"""What a payment provider's books hold, and what the world does to them: students, banks, people at a dashboard."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Literal
from uuid import UUID

from gateway.services.core.model.values import Money, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord


@dataclass
class Attempt:
    """One try to pay an intent. Captured, it is money that the provider holds for us."""

    id: str
    amount: Money
    status: Literal["processing", "declined", "captured"]
    code: str = "card_declined"


@dataclass
class Return:
    """Money of an attempt that goes back: a refund by us, by `refund_id`, one by a person at the provider, or a
    dispute by the student's bank."""

    id: str
    attempt_id: str
    amount: Money
    status: RefundStatus
    refund_id: UUID | None = None
    is_dispute: bool = False

    @property
    def record(self) -> RefundRecord:
        return RefundRecord(self.id, self.refund_id, self.amount, self.status, self.is_dispute)


@dataclass
class BookedIntent:
    """A checkout in the provider's books, its attempts in the order in which they began."""

    reference: str
    amount: Money
    metadata: dict[str, str]
    attempts: list[Attempt] = field(default_factory=list)
    is_closed: bool = False


@dataclass
class Ledger:
    """Checkouts, what was tried on them, and what went back. Each act of the world is a method."""

    intents: dict[str, BookedIntent] = field(default_factory=dict)
    captures: list[Attempt] = field(default_factory=list)
    """Every captured attempt, in the order of the captures."""
    returns: list[Return] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def book(self, amount: Money, metadata: Mapping[str, str], reference: str | None = None) -> BookedIntent:
        """A checkout that was opened with the provider, by us or by somebody else."""
        intent = BookedIntent(reference or self._new_id("pi"), amount, dict(metadata))
        self.intents[intent.reference] = intent
        return intent

    def begin(self, reference: str, amount: Money | None = None) -> Attempt:
        """The student tries to pay, and the bank has not answered yet."""
        intent = self.intents[reference]
        assert not intent.is_closed, "a closed checkout takes no attempt"
        attempt = Attempt(self._new_id("ch"), amount or intent.amount, "processing")
        intent.attempts.append(attempt)
        return attempt

    def pay(self, reference: str, attempt: Attempt | None = None, amount: Money | None = None) -> Attempt:
        """The attempt under way, or else a new one, takes the money: the first that this intent takes."""
        assert not self.captured(reference), "the intent took money before; that is `capture_again`"
        return self._capture(attempt or self.begin(reference, amount))

    def capture_again(self, reference: str, attempt: Attempt | None = None, amount: Money | None = None) -> Attempt:
        """One more attempt takes the money of an intent that took it before."""
        assert self.captured(reference), "the intent took no money yet; that is `pay`"
        return self._capture(attempt or self.begin(reference, amount))

    def decline(self, reference: str, attempt: Attempt | None = None, code: str = "card_declined") -> Attempt:
        """The bank refuses the attempt under way, or else a new one."""
        refused = attempt or self.begin(reference)
        assert refused.status == "processing", "only an attempt under way is refused"
        refused.status, refused.code = "declined", code
        return refused

    def refund_at_dashboard(
        self, attempt: Attempt, amount_minor: int | None = None, status: RefundStatus = RefundStatus.SUCCEEDED
    ) -> Return:
        """A person gives back what is left of a capture, or a part of it, without us."""
        return self.give_back(attempt, amount_minor, status)

    def come_back(self, returned: Return) -> None:
        """The money that was sent could not be delivered: the provider has it again."""
        returned.status = RefundStatus.FAILED

    def dispute(self, attempt: Attempt, amount_minor: int | None = None, currency: str = "") -> Return:
        """The student's bank claims what is left of a capture, or another figure, until it has decided: it may be a
        part, or more than is left, or in a currency of its own."""
        assert attempt.status == "captured", "nothing was taken"
        said = Money(self.left(attempt) if amount_minor is None else amount_minor, currency or attempt.amount.currency)
        disputed = Return(self._new_id("dp"), attempt.id, said, RefundStatus.PENDING, is_dispute=True)
        self.returns.append(disputed)
        return disputed

    def decide(self, disputed: Return, is_students: bool) -> None:
        """The bank decides a dispute: for the student, who gets the money, or for us, who keep it."""
        disputed.status = RefundStatus.SUCCEEDED if is_students else RefundStatus.FAILED

    def close_intent(self, reference: str) -> None:
        """The checkout is closed for good; only one that took no money can be."""
        intent = self.intents[reference]
        assert all(attempt.status == "declined" for attempt in intent.attempts), "money is here, or on its way"
        intent.is_closed = True

    def give_back(self, attempt: Attempt, amount_minor: int | None, status: RefundStatus) -> Return:
        """Money of a capture that leaves the books, or will: all that is left of it, or a part."""
        wanted = self.left(attempt) if amount_minor is None else amount_minor
        assert attempt.status == "captured", "nothing was taken"
        assert 1 <= wanted <= self.left(attempt), "no more goes back than is here"
        made = Return(self._new_id("re"), attempt.id, Money(wanted, attempt.amount.currency), status)
        self.returns.append(made)
        return made

    def captured(self, reference: str) -> list[Attempt]:
        """The attempts that took an intent's money, the first capture first."""
        return [attempt for attempt in self.captures if attempt in self.intents[reference].attempts]

    def left(self, attempt: Attempt) -> int:
        """Minor units of a capture that are still the gateway's, and that nobody claims."""
        return attempt.amount.amount_minor - self._gone(attempt, (RefundStatus.PENDING, RefundStatus.SUCCEEDED))

    def gone(self, attempt: Attempt) -> int:
        """Minor units of a capture that went back: at most all of it, whatever a bank says."""
        return self._gone(attempt, (RefundStatus.SUCCEEDED,))

    def _gone(self, attempt: Attempt, statuses: Collection[RefundStatus]) -> int:
        taken = attempt.amount
        said = [each.amount for each in self.returns_of(attempt) if each.status in statuses]
        is_all = any(each.currency != taken.currency for each in said)
        return taken.amount_minor if is_all else min(taken.amount_minor, sum(each.amount_minor for each in said))

    def returns_of(self, attempt: Attempt) -> list[Return]:
        return [each for each in self.returns if each.attempt_id == attempt.id]

    def _capture(self, attempt: Attempt) -> Attempt:
        assert attempt.status == "processing", "only an attempt under way takes money"
        attempt.status = "captured"
        self.captures.append(attempt)
        return attempt

    def _new_id(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers)}"
