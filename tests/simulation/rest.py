"""What a history comes to when all is heard and done, and what must be true of it then."""

from collections import Counter
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from gateway.services.core.commands.jobs.retries import RetryJob
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.model.values import GATEWAY, RefundStatus
from tests.service import ADMIN, TIERS, Service
from tests.simulation.invariants import Rows, assert_invariants_of_refunds, assert_single
from tests.simulation.ledger import Ledger
from tests.simulation.stage import Stage

ROUNDS = 2
"""Of 25 hours each: longer than a lease, the longest wait of a job, or the doubt of a clock that leapt, as that of a
history does where months pass at once. The second finds what the first left behind."""

SWEEPS = ("sweep.open", "sweep.settled", "sweep.lapsed")


async def come_to_rest(stage: Stage) -> None:
    """The line heals, every checkout is told of, and what failed for good is mended by an admin."""
    stage.books.heal()
    for course in range(len(stage.courses)):
        await stage.offer(course, [tier.code for tier in TIERS])
    await _hear_all(stage)
    if _failed(rows_of(stage.service)):
        await _mend(stage)
        await _hear_all(stage)


async def _hear_all(stage: Stage) -> None:
    for reference in list(stage.books.intents):
        await stage.shop.store(reference)
    for _ in range(ROUNDS):
        stage.service.clock.advance(hours=25)
        await stage.shop.sweep()


async def _mend(stage: Stage) -> None:
    """Refunds that the provider refused, or that came back to it, are listed as failed jobs: an admin has them run
    again, and where that is in vain asks for a new refund of what is still owed."""
    for job in _failed(rows_of(stage.service)):
        await stage.service.purchases.submit(RetryJob(ADMIN, job.id, "a test"))
    await stage.shop.run_jobs()
    rows = rows_of(stage.service)
    listed = {job.subject_id for job in _failed(rows)}
    owed = {row.payment_id for row in rows.refunds if row.id in listed}
    for payment_id in sorted(owed):
        if rows.payments[payment_id].fulfilment != "FULFILLED":
            await stage.service.purchases.submit(RefundPayment(ADMIN, uuid7(), payment_id, None, "a test"))
    await stage.shop.run_jobs()


def _failed(rows: Rows) -> list[Any]:
    return [job for job in rows.jobs if (job.state, job.kind) == ("FAILED", "payment.refund")]


def rows_of(service: Service) -> Rows:
    with service.beside() as connection:
        return Rows(connection)


def assert_at_rest(stage: Stage) -> None:
    """Nothing is owed and nothing is waited for, and both sides' books say the same."""
    rows = rows_of(stage.service)
    assert stage.faults == []
    assert stage.shop.broken() == []
    assert stage.shop.agrees()
    assert_invariants_of_refunds(rows)
    assert_each_capture_has_its_end(rows, stage.books)
    assert_each_refund_was_made_once(rows, stage.books)
    assert_only_banks_are_waited_for(rows)


def assert_each_capture_has_its_end(rows: Rows, books: Ledger) -> None:
    """Money that the provider took is one payment of ours: one purchase stands for it, or none of it is left."""
    taken = [row for row in rows.payments.values() if row.captured_minor is not None]
    assert_single(row.attempt for row in taken)
    payments = {row.attempt: row for row in taken}
    assert payments.keys() == {capture.id for capture in books.captures}
    bought = Counter(row.payment_id for row in rows.purchases.values() if row.payment_id)
    for capture in books.captures:
        payment = payments[capture.id]
        is_fulfilled = payment.fulfilment == "FULFILLED"
        assert (payment.captured_minor, payment.captured_currency) == (capture.amount.amount_minor, "INR")
        assert bought[payment.id] == is_fulfilled
        is_kept = books.left(capture) > 0 and not _waits_for_a_bank(payment.id, rows)
        assert is_fulfilled or not is_kept, f"{payment.fulfilment}, and still kept"


def assert_each_refund_was_made_once(rows: Rows, books: Ledger) -> None:
    """What our books call given back is one return in the provider's, and what we made there is known here. The
    gateway by itself gives back nothing that became a purchase."""
    refunds = {row.id: row for row in rows.refunds}
    ours = {row.id: row for row in rows.refunds if row.origin == "GATEWAY"}
    made = {each.refund_id: each for each in books.returns if each.refund_id}
    assert_single(each.refund_id for each in books.returns if each.refund_id)
    assert {each.id for each in ours.values() if each.status == "SUCCEEDED"} == {
        refund_id for refund_id, each in made.items() if each.status is RefundStatus.SUCCEEDED
    }
    for refund_id, each in made.items():
        refund = refunds[refund_id]
        assert (each.amount.amount_minor, each.attempt_id) == (
            refund.amount_minor,
            rows.payments[refund.payment_id].attempt,
        )
    by_itself = [row for row in ours.values() if row.requested_by_id == GATEWAY.id]
    assert all(rows.payments[row.payment_id].fulfilment != "FULFILLED" for row in by_itself)


def assert_only_banks_are_waited_for(rows: Rows) -> None:
    """A job that will run yet is a sweep's, or asks after an attempt that the bank has not decided, or is a refund of
    money over which a dispute is open."""
    refunds = {row.id: row for row in rows.refunds}
    for job in rows.jobs:
        if job.state in ("PENDING", "RUNNING", "RETRYING") and job.kind not in SWEEPS:
            if job.kind == "payment.refund":
                assert _waits_for_a_bank(refunds[job.subject_id].payment_id, rows)
            else:
                assert job.kind == "payment.check"
                assert rows.payments[job.subject_id].status == "PROCESSING"


def _waits_for_a_bank(payment_id: UUID, rows: Rows) -> bool:
    """Whether a dispute over the payment's money is open, and a refund of ours waits for its end."""
    of_it = [(row.status, row.origin) for row in rows.refunds if row.payment_id == payment_id]
    return ("PENDING", "DISPUTE") in of_it and ("PENDING", "GATEWAY") in of_it
