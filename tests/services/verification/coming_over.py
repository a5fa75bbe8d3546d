"""What an old system had, as a story of `everything`: it comes over, and its provider goes on to tell of it."""

from collections.abc import Mapping
from datetime import timedelta

from gateway.services.core.frozen import replace
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.outcomes import PurchaseImported
from gateway.services.core.model.values import Course, PurchaseStatus
from tests.services.purchases.imports.rows import PAID, brought, every_end, old
from tests.simulation.ledger import Attempt
from tests.simulation.shop import Shop

PART_MINOR = 50_000


async def come_over(shop: Shop, course: Course) -> None:
    """Purchases in each state; then their students use some, and money goes back, is disputed, and comes back."""
    attempts = {row.old_id: taken(shop, row) for row in every_end(course) if row.payment}
    rows = every_end(course)
    for name, changes in _MORE.items():
        paid = replace(PAID, reference=f"pi_old_{name}")
        attempts[name] = taken(shop, row := old(course, name, student_id=f"old-{name}", payment=paid))
        went_back = PART_MINOR if changes["went_back"] else None
        if went_back:
            shop.books.refund_at_dashboard(attempts[name], went_back)
        attempt = attempts[name].id if changes["is_attempt_known"] else None
        rows.append(replace(row, payment=replace(paid, attempt=attempt, refunded_minor=went_back)))
    outcomes = await brought(shop.service, *rows)
    came = {row.old_id: outcome for row, outcome in zip(rows, outcomes, strict=True)}
    await shop.run_jobs()
    await _goes_on(shop, attempts, came)


_MORE = {
    "refunded": {"is_attempt_known": True, "went_back": False},
    "refunded-in-part": {"is_attempt_known": False, "went_back": True},
    "disputed": {"is_attempt_known": False, "went_back": False},
    "came-back": {"is_attempt_known": True, "went_back": True},
}
"""Of those, too, money goes back afterwards."""


async def _goes_on(shop: Shop, attempts: dict[str, Attempt], came: Mapping[str, object]) -> None:
    service = shop.service
    own_end = came["own-end"]
    assert isinstance(own_end, PurchaseImported), own_end
    service.clock.advance(hours=1)
    await service.recorded(own_end.purchase, 3, service.clock.now - timedelta(minutes=50))
    shop.books.refund_at_dashboard(attempts["refunded"])
    shop.books.dispute(attempts["disputed"], PART_MINOR)
    shop.books.come_back(next(each for each in shop.books.returns_of(attempts["came-back"])))
    for name in _MORE:
        service.clock.advance(minutes=5)
        await shop.receive(f"pi_old_{name}")
    paid = [each for each in await service.payments() if each.reference == "pi_old_refunded-in-part"]
    await shop.refund(paid[0], 1_000)


def taken(shop: Shop, row: OldPurchase) -> Attempt:
    """The money of an old purchase, as its provider has it."""
    assert row.payment is not None, "it was paid for"
    shop.books.book(row.payment.amount, {}, row.payment.reference)
    attempt = shop.books.pay(row.payment.reference)
    went_back = row.payment.refunded_minor or (None if row.status is PurchaseStatus.REFUNDED else 0)
    if went_back != 0:
        shop.books.refund_at_dashboard(attempt, went_back)
    return attempt
