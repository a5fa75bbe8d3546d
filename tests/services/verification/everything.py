"""A database with one of everything that the gateway can come to: told by the product, beside a provider's books."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.events import EVENT_TYPES, EventSubscriber
from gateway.services.core.model.metadata import Label, TimeSlot
from gateway.services.core.model.privacy.retention import Retention
from gateway.services.core.model.values import Course, Described, OnExisting, Payment, Purchase, Purpose
from tests.service import ADMIN, METADATA, TIERS, Service, running, student
from tests.services.verification.coming_over import come_over
from tests.services.verification.platform import SUBSCRIBER, Platform
from tests.simulation.shop import Shop, open_shop, reference_of

LABELLED = replace(METADATA, labels=(Label("campaign", "spring"), Label("teacher", "Asha")))
IN_BERLIN = replace(METADATA, slot=TimeSlot(time(18, 0), "Europe/Berlin"), session_duration=90)
ON_A_DAY = replace(METADATA, is_sunday_only=False, date=date(2026, 12, 10))
ADOPTED = {"isSundayOnly": "true", "sessionDuration": "60", "timeSlot": "17:30", "timeZone": "Asia/Kolkata"}


class Teller:
    """Tells the stories, each of a student of its own, and some time after the one before."""

    def __init__(self, shop: Shop, courses: list[Course]) -> None:
        self.shop, self.courses = shop, courses
        self.platform = Platform()
        shop.subscribers[SUBSCRIBER] = self.platform
        self._students = 0

    @property
    def service(self) -> Service:
        return self.shop.service

    @property
    def name(self) -> str:
        return f"student-{self._students}"

    def later(self, **by: float) -> None:
        self.service.clock.advance(**by)

    def next_student(self) -> None:
        self._students += 1
        self.later(minutes=17)

    async def open(self, tier: str = "BASIC", **changes: object) -> Payment:
        return await self.service.opened(student(self.name), self.courses[0], tier, **changes)

    async def buy(self, tier: str = "BASIC", **changes: object) -> tuple[Payment, Purchase]:
        bought = await self.shop.paid(self.courses[0], tier, student(self.name), **changes)
        self.later(minutes=1)
        return bought

    async def tell_everything(self) -> None:
        long_ago = (self.came_over, self.bought, self.followed, self.pruned)
        bought = (self.granted, self.given_back, self.disputed, self.not_bought)
        for story in (*long_ago, *bought, self.held, self.forgotten):
            await story()
            await self.shop.run_jobs()
        await self.changed_the_catalogue()
        await self.swept()
        await self.left_waiting()

    async def bought(self) -> None:
        for number, changes in enumerate(({}, {"metadata": LABELLED}, {"metadata": IN_BERLIN}, {"metadata": ON_A_DAY})):
            self.next_student()
            await self.buy("STANDARD", key=f"checkout-{number}", **changes)
        self.next_student()
        await self.buy("PREMIUM")
        for ends in ({}, {"expiryDate": "2027-06-30"}):
            self.next_student()
            of_whom = {"studentId": self.name, "courseId": str(self.courses[0].id), "purchaseTier": "BASIC"}
            intent = self.shop.books.book(TIERS[0].price, {**ADOPTED, **of_whom, **ends})
            self.shop.books.pay(intent.reference)
            await self.shop.receive(intent.reference)

    async def came_over(self) -> None:
        self.next_student()
        await come_over(self.shop, self.courses[0])

    async def followed(self) -> None:
        self.next_student()
        await self.buy("BASIC", metadata=IN_BERLIN)
        self.later(days=20)
        await self.buy("STANDARD", metadata=IN_BERLIN)
        self.next_student()
        await self.buy("STANDARD")
        self.later(days=30)
        await self.buy("STANDARD", purpose=Purpose.RENEWAL)
        self.next_student()
        await self.buy("BASIC")
        upgrade, _ = await self.buy("PREMIUM")
        await self.shop.refund(upgrade)  # the first one is revived
        self.next_student()
        first, _ = await self.buy("STANDARD")
        await self.buy("STANDARD", purpose=Purpose.RENEWAL)
        await self.shop.refund(first)  # the renewal is recounted
        self.next_student()
        await self.buy("BASIC")
        self.later(days=100)
        await self.shop.sweep()  # it lapses
        await self.buy("BASIC")

    async def held(self) -> None:
        """Sessions, recorded, withdrawn and recorded again, late, under what was upgraded, renewed and refunded."""
        service = self.service
        self.next_student()
        _, basic = await self.buy("BASIC")
        for number in (1, 2, 4):
            self.later(hours=1)
            await service.record(basic, number, service.clock.now - timedelta(minutes=50), key=f"class-{number}")
        await service.withdraw(basic, 2, "it rained", actor=ADMIN, key="rain")
        self.later(hours=1)
        _, upgrade = await self.buy("STANDARD")
        await service.recorded(upgrade, 2)
        await service.recorded(basic, 3, basic.created_at)  # late, and so one more of the upgrade is used
        self.next_student()
        _, below = await self.buy("STANDARD")
        await service.recorded(below, 1)
        refunded, renewal = await self.buy("STANDARD", purpose=Purpose.RENEWAL)
        for number in (1, 2):
            await service.recorded(renewal, number)
        await service.withdrawn(renewal, 2)
        await self.shop.refund(refunded)  # the first one is revived, with what was held under both
        await service.record(below, 5)

    async def granted(self) -> None:
        course = self.courses[0]
        self.next_student()
        await self.service.created(course, self.name, "BASIC", key="grant-1", metadata=LABELLED)
        await self.service.created(course, self.name, "STANDARD", on_existing=OnExisting.REPLACE)
        self.next_student()
        extended = await self.service.created(course, self.name, "STANDARD")
        until = self.service.clock.now + timedelta(days=300)
        await self.service.extend(extended, until, key="extend-1")
        self.next_student()
        corrected = await self.service.created(course, self.name, "BASIC")
        self.later(hours=2)
        await self.service.correct(corrected, replace(METADATA, session_duration=75), key="correct-1")
        self.next_student()
        await self.service.revoke(await self.service.created(course, self.name), key="revoke-1")
        self.next_student()
        await self.service.created(course, self.name, expiry_date=datetime(2028, 1, 1, tzinfo=UTC))

    async def given_back(self) -> None:
        self.next_student()
        payment, _ = await self.buy()
        await self.shop.refund(payment)
        self.next_student()
        payment, _ = await self.buy("STANDARD")
        await self.shop.refund(payment, 100_000)
        await self.shop.refund(payment, 50_000)
        self.next_student()
        payment, _ = await self.buy()
        self.shop.books.refund_at_dashboard(self.shop.capture(payment), 1_000)
        await self.shop.receive(payment)
        self.next_student()
        payment, _ = await self.buy()
        await self.shop.refund(payment, 99_000)
        self.shop.books.come_back(self.shop.books.returns[-1])
        await self.shop.receive(payment)
        self.next_student()
        payment, _ = await self.buy()
        self.shop.books.refuses_refunds = True
        await self.shop.refund(payment, 5_000)
        self.shop.books.refuses_refunds = False
        self.next_student()
        payment, _ = await self.buy()
        self.shop.books.refuses_refunds = True
        await self.shop.refund(payment, 7_000)
        self.shop.books.refuses_refunds = False
        job = self.service.stored(JobRow, state="FAILED", kind="payment.refund")[-1]
        await self.service.purchases.submit(RetryJob(ADMIN, job.id, "the account is open again"))

    async def disputed(self) -> None:
        for decision in (None, False, True):
            self.next_student()
            payment, _ = await self.buy()
            dispute = self.shop.books.dispute(self.shop.capture(payment), 50_000)
            await self.shop.receive(payment)
            if decision is not None:
                self.later(days=1)
                self.shop.books.decide(dispute, decision)
                await self.shop.receive(payment)
        self.next_student()
        payment, _ = await self.buy()
        await self.shop.refund(payment, 150_000)
        lost = self.shop.books.dispute(self.shop.capture(payment), 199_900)
        self.shop.books.decide(lost, True)
        await self.shop.receive(payment)  # more than was left: a case

    async def not_bought(self) -> None:
        self.next_student()
        first, second = await self.open(), await self.open()
        for payment in (first, second):
            self.shop.pay(payment)
            await self.service.confirm(student(self.name), payment)  # the second one is a duplicate
        self.next_student()
        payment = await self.open()
        self.shop.books.pay(reference_of(payment), amount=replace(payment.amount, amount_minor=1_234))
        await self.service.confirm(student(self.name), payment)  # unfulfillable
        self.next_student()
        payment, _ = await self.buy()
        self.shop.books.capture_again(reference_of(payment))
        await self.shop.receive(payment)  # paid twice
        self.next_student()
        payment = await self.open()
        self.shop.books.decline(reference_of(payment))
        await self.service.confirm(student(self.name), payment)
        self.next_student()
        payment = await self.open()
        self.shop.books.close_intent(reference_of(payment))
        await self.service.confirm(student(self.name), payment)
        self.next_student()
        self.shop.books.refuses_prices = "it is below what banks move"
        await self.service.open(student(self.name), self.courses[0], "BASIC")
        self.shop.books.refuses_prices = None
        await self.shop.receive("pi_of_somebody_else")  # ignored

    async def forgotten(self) -> None:
        """A student erased, of whom a refund comes afterwards; and one while the platform is away."""
        for is_away in (False, True):
            self.next_student()
            payment, bought = await self.buy("STANDARD", metadata=LABELLED, key=f"forgotten-{is_away}")
            await self.shop.run_jobs()
            await self.service.revoke(bought, reason="moved away", key=f"revoke-{is_away}-2")
            self.platform.is_away = is_away
            await self.service.purchases.erase(ADMIN, self.name, "asked for by mail")
            await self.shop.run_jobs()
            self.later(hours=3)
            self.shop.books.refund_at_dashboard(self.shop.capture(payment), 2_000)
            await self.shop.receive(payment)
            self.later(hours=5)
        self.platform.is_away = False

    async def pruned(self) -> None:
        """What ended long ago is deleted."""
        pruning = self.service.pruning(Retention(jobs=30, deliveries=30, events=30, keys=60))
        gone = await pruning.all(self.service.clock.now, is_dry=False)
        assert min(gone.deliveries, gone.events, gone.keys) > 0, gone

    async def changed_the_catalogue(self) -> None:
        self.later(hours=1)
        tiers = (*TIERS[:2], replace(TIERS[2], validity_days=400))
        course_id = self.courses[1].id
        for key, title in (("save-1", "Yoga, evenings"), ("save-2", "Yoga, mornings")):
            await self.service.purchases.submit(SaveCourse(ADMIN, course_id, False, title, tiers, key=key))
            self.later(hours=1)
        described = SaveCourse(ADMIN, course_id, False, "Yoga, mornings", tiers, Described("Bring a mat."))
        await self.service.purchases.submit(described)
        self.later(hours=1)
        await self.service.purchases.submit(SaveCourse(ADMIN, course_id, False, "Yoga, at dawn", tiers, key="save-3"))
        self.next_student()
        await self.shop.paid(self.courses[1], "PREMIUM", student(self.name))

    async def swept(self) -> None:
        await self.shop.sweep()
        self.later(minutes=30)
        await self.shop.run_jobs()

    async def left_waiting(self) -> None:
        """What is under way when somebody looks."""
        self.next_student()
        await self.open("STANDARD", key="left-open")
        self.next_student()
        payment = await self.open()
        self.shop.books.begin(reference_of(payment))
        await self.service.confirm(student(self.name), payment)  # its job asks after it
        self.next_student()
        bought, _ = await self.buy()
        canceled, _ = await self.buy("PREMIUM")
        self.platform.is_away = True
        await self.shop.run_jobs()
        await self.service.refund(canceled, 3_000, key="part-1")
        job = self.service.stored(JobRow, kind="payment.refund", state="PENDING")[-1]
        await self.service.purchases.submit(CancelJob(ADMIN, job.id, "asked for by mistake"))
        await self.service.refund(canceled, 4_000, key="part-2")
        await self.shop.store(bought)
        self.later(minutes=5)
        await self.shop.claimed()
        await self.service.refund(bought, 2_000, key="part-3")
        await self.shop.store(canceled)


async def tell(url: str) -> datetime:
    """Fill a new database; gives which time it is there then."""
    wanted = [EventSubscriber(SUBSCRIBER, EVENT_TYPES)]
    async with running(url, uuid7, subscribers=wanted) as service:
        shop = open_shop(service)
        courses = [await service.save_course(title=title) for title in ("Yoga", "Guitar")]
        service.clock.advance(hours=1)
        await Teller(shop, courses).tell_everything()
        return service.clock.now
