"""What the world does to a provider's books, as far as it can be done when it is its turn."""

from collections.abc import Sequence
from typing import TypeVar

from gateway.services.core.model.values import Money, RefundStatus
from tests.simulation.happenings import Act, Begin, Capture, Close, ComeBack, Decide, Decline, TakeBack
from tests.simulation.ledger import Attempt, BookedIntent, Ledger

Each = TypeVar("Each")


def latest(listed: Sequence[Each], which: int) -> Each | None:
    """The one that is meant, counted from the latest one backwards and around; None of none."""
    return listed[-1 - which % len(listed)] if listed else None


def act(books: Ledger, step: Act) -> None:
    match step:
        case TakeBack(which, _, _, (said_minor, currency)):
            if claimed := latest(books.captures, which):
                books.dispute(claimed, said_minor, currency)
        case TakeBack(which, part_minor, is_dispute):
            _take_back(books, latest(books.captures, which), part_minor, is_dispute)
        case Decide(which, is_students):
            disputes = [each for each in books.returns if each.is_dispute and each.status is RefundStatus.PENDING]
            if disputed := latest(disputes, which):
                books.decide(disputed, is_students)
        case ComeBack(which):
            gone = [each for each in books.returns if not each.is_dispute and each.status is RefundStatus.SUCCEEDED]
            if returned := latest(gone, which):
                books.come_back(returned)
        case Begin() | Capture() | Decline() | Close():
            intent = latest(list(books.intents.values()), step.intent)
            if intent is not None and not intent.is_closed:
                _act_on(books, intent, step)


def _act_on(books: Ledger, intent: BookedIntent, step: Begin | Capture | Decline | Close) -> None:
    under_way = next((each for each in intent.attempts if each.status == "processing"), None)
    match step:
        case Begin() if under_way is None:
            books.begin(intent.reference)
        case Capture(_, is_other_amount):
            take = books.capture_again if books.captured(intent.reference) else books.pay
            take(intent.reference, under_way, Money(1_000, "INR") if is_other_amount else None)
        case Decline():
            books.decline(intent.reference, under_way)
        case Close() if all(each.status == "declined" for each in intent.attempts):
            books.close_intent(intent.reference)
        case _:
            pass  # it cannot be done now


def _take_back(books: Ledger, capture: Attempt | None, part_minor: int | None, is_dispute: bool) -> None:
    left = 0 if capture is None else books.left(capture)
    if capture is None or left == 0:
        return
    wanted = left if part_minor is None else min(part_minor, left)
    take = books.dispute if is_dispute else books.refund_at_dashboard
    take(capture, wanted)
