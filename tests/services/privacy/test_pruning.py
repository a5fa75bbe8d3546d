"""What ended long ago goes by itself, and nothing that anybody needs yet."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from db.feed import ChangeRow
from db.job_tables import JobRow, ProviderEventRow
from db.tables import IdempotencyRecordRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.core.model.outcomes import Busy, InvalidInput, RefundRequested
from gateway.services.core.model.privacy.outcomes import Pruned
from gateway.services.core.model.privacy.retention import Retention
from gateway.services.jobs.privacy import pruning
from gateway.services.jobs.privacy.pruning import Pruning
from tests.service import ADMIN, Service, running, student
from tests.services.subscribers.test_announcements import Ear
from tests.services.verification.everything import tell
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

NOTHING = Pruned()
NOT_SWEPT = "An access ends when its validity does"
"""What is said of purchases that lapsed while nobody ran the sweep. Ids are of the wall's clock in tests, a few
days from what the service's own says: what is to be old is made older by more."""


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def prune(service: Service, *, is_dry: bool = False, retention: Retention | None = None) -> Pruned:
    return await service.pruning(retention).all(service.clock.now, is_dry=is_dry)


async def test_what_is_deleted_after_a_long_time_is_missed_by_nobody(new_sqlite: Callable[[], str]) -> None:
    """Whatever happened before. What it takes on PostgreSQL, the other tests show, at less cost."""
    url = new_sqlite()
    now = await tell(url)
    async with running(url) as service:
        shop = open_shop(service)
        service.clock.now = now + timedelta(days=400)
        before = service.everything()
        would = await prune(service, is_dry=True)
        assert service.everything() == before
        went = await prune(service)
        assert went == would
        assert went.deliveries > 100
        assert went.events > 10
        assert went.keys > 3
        assert await prune(service) == NOTHING
        assert [each for each in shop.broken() if NOT_SWEPT not in each] == []
        after = service.everything()
        kept = ("payment", "purchase", "student_access", "refund", "audit_entry", "course", "tier", "recorded_session")
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


async def test_webhooks_and_refunds_that_come_after_it_lead_to_what_they_would_have(
    service: Service, shop: Shop
) -> None:
    payment = await service.opened(student(), await service.save_course(), key="checkout-1")
    shop.pay(payment)
    await shop.receive(payment, event_id="evt_paid")
    service.clock.advance(days=100)
    went = await prune(service)
    assert (went.events, went.jobs) == (1, 0), "the webhook's job goes with it"
    assert (service.count("provider_event"), service.count("job", "kind = 'webhook.handle'")) == (0, 0)
    await shop.sweep()
    assert shop.broken() == []
    before = shop.payment(payment), shop.purchases(), service.count("audit_entry")
    await shop.receive(payment, event_id="evt_paid")
    await service.confirm(student(), payment)
    assert (shop.payment(payment), shop.purchases(), service.count("audit_entry")) == before
    shop.books.refund_at_dashboard(shop.capture(payment), 199_900)
    await shop.receive(payment, event_id="evt_refunded")
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", 199_900)
    lost = shop.books.dispute(shop.capture(payment), 199_900)
    shop.books.decide(lost, True)
    await shop.receive(payment)
    assert shop.broken() == []


async def test_nothing_goes_before_its_time_nor_what_is_kept_for_ever(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await shop.receive(payment)
    service.clock.advance(days=80)
    assert await prune(service) == NOTHING
    service.clock.advance(days=1000)
    assert await prune(service, retention=Retention(None, None, None, None)) == NOTHING
    assert (await prune(service)).events == 1


async def test_what_waits_failed_or_was_dealt_with_by_a_person_stays(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payment, _ = await shop.paid(course)
    await shop.refund(payment, 1_000)
    await shop.store(payment)  # nobody has handled it yet
    handled = await shop.store(payment, event_id="evt_called_off")
    [job] = service.stored(JobRow, kind="webhook.handle", subject_id=handled.event.id)
    await service.purchases.submit(CancelJob(ADMIN, job.id, "not now"))
    await service.purchases.submit(RetryJob(ADMIN, job.id, "now"))
    await shop.run_jobs()
    waiting = await shop.store(payment)
    jobs = [row.id for row in service.stored(JobRow)]
    service.clock.advance(days=1000)
    went = await prune(service)
    assert (went.jobs, went.deliveries, went.events) == (0, 0, 1)
    events = {row.event_id for row in service.stored(ProviderEventRow)}
    assert events == {"evt_called_off", waiting.event.event_id}, "an admin's deed is about one, the other is PENDING"
    assert len(jobs) - 1 == service.count("job")
    assert service.count("job", "kind = 'payment.refund'") == 1, "it says that the refund was ours"
    await shop.sweep()
    assert shop.broken() == []


async def test_a_key_goes_only_where_the_same_call_made_anew_does_no_harm(service: Service, shop: Shop) -> None:
    course, other = await service.save_course(), await service.save_course(title="Chess")
    await shop.paid(course, actor=student("buyer"), key="paid")
    await service.opened(student("buyer"), other, key="open")
    whole, _ = await shop.paid(course, actor=student("whole"))
    await service.refund(whole, key="all-of-it")
    part, _ = await shop.paid(course, actor=student("part"))
    await service.refund(part, 1_000, key="a-part")
    await shop.run_jobs()
    await service.created(course, "granted", key="grant")
    await service.revoke(await service.created(other, "granted"), key="revoke")
    before = service.everything()
    service.clock.advance(days=400)
    assert (await prune(service)).keys == 3
    assert {row.key for row in service.stored(IdempotencyRecordRow)} == {"open", "a-part", "grant"}
    assert {**service.everything(), **_changing(before)} == before
    again = await service.refund(part, 1_000, key="a-part")
    assert isinstance(again, RefundRequested)
    assert again.already_processed, "a part goes back once, whenever it is asked for again"
    assert isinstance(await service.refund(whole, key="all-of-it"), InvalidInput), "nothing is left"
    anew = await service.opened(student("buyer"), course, key="paid", tier="PREMIUM")
    assert anew.captured is None


def _changing(everything: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: everything[name] for name in ("job", "idempotency_record", "change")}


async def test_the_sweep_goes_on_where_it_was_and_comes_again(
    service: Service, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    monkeypatch.setattr(pruning, "PAGES_OF_A_RUN", 2)
    course = await service.save_course()
    for number in range(5):
        payment, _ = await shop.paid(course, actor=student(f"student-{number}"), key=f"checkout-{number}")
        await shop.receive(payment)
    service.clock.advance(days=400)
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OUTDATED))
    runner = service.runner(pruning=service.pruning())
    places = []
    while service.count("provider_event") or service.count("idempotency_record"):
        assert await runner.run_due() == 1
        [job] = service.stored(JobRow, kind="sweep.outdated")
        places.append(job.payload.get("after"))
        assert [each for each in shop.broken() if NOT_SWEPT not in each] == []
    assert len(places) > 2
    assert places[-1] is None, "it begins anew, hours later"
    assert not [place for place in places if place and "student" in place]
    assert await runner.run_due() == 0
    assert job.run_at > service.clock.now + timedelta(hours=1)


async def test_while_the_clock_is_in_doubt_nothing_is_deleted(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await shop.receive(payment)
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OUTDATED))
    service.clock.is_certain = False  # it leapt
    service.clock.advance(days=4000)
    runner = service.runner(pruning=service.pruning())
    assert await runner.run_due() == 1
    assert service.count("provider_event") == 1
    for _ in range(26):  # it stands by that for long enough
        service.clock.advance(minutes=58)
        await runner.run_due()
    assert service.count("provider_event") == 0


async def test_a_page_that_the_writer_could_not_take_comes_again(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await shop.receive(payment)
    service.clock.advance(days=400)
    written: list[object] = []

    async def busy(command: object) -> Busy | Pruned:
        written.append(command)
        return Busy()

    job = Job(payment.id, JobKind.SWEEP_OUTDATED, payment.id, service.clock.now, service.clock.now)
    held = Pruning(replace(service.purchases, write=busy), service.pruning().reads, Retention(), service.clock)
    await held.run(job, lease=None, now=service.clock.now)  # type: ignore[arg-type]  # it is only handed on
    [_, end] = written
    assert isinstance(end, EndSweep)
    assert end.wait_s == pruning.AGAIN_S
    assert end.position is not None
    assert end.position.startswith("job:"), "the page of events is not behind it"
    assert (await prune(service)).events == 1


async def test_deliveries_go_once_they_are_taken_and_not_before(database_url: str) -> None:
    ear = Ear("platform")
    async with running(database_url, subscribers=[EventSubscriber(ear.name, EVENT_TYPES)]) as service:
        shop = open_shop(service)
        shop.subscribers[ear.name] = ear
        await shop.paid(await service.save_course())
        await shop.run_jobs()
        taken = len(ear.heard)
        ear.is_deaf = True
        await shop.paid(await service.save_course(title="Chess"))
        await shop.run_jobs()
        service.clock.advance(days=40)
        assert (await prune(service)).deliveries == taken
        assert shop.broken() == []
        ear.is_deaf = False
        await shop.run_jobs()
        assert len(ear.heard) == 2 * taken


async def test_old_notes_of_the_feed_go_but_for_the_last(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    for number in range(3):
        await shop.paid(course, actor=student(f"student-{number}"))
    last = service.stored(ChangeRow)[-1].seq
    [(first,)] = service.rows("SELECT min(seq) FROM change")
    assert first != last
    service.clock.now = service.clock.now.replace(year=2100)  # notes have ids of the wall's clock
    await prune(service)
    assert [row.seq for row in service.stored(ChangeRow)] == [last]
