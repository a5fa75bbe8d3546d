"""Whose money came in by no checkout of ours: other applications' customers, and buyers at the old payment service."""

from collections.abc import Callable
from random import Random
from uuid import UUID, uuid4

from gateway.schema.conventions import ids
from tests.chaos.banks import Sale
from tests.chaos.visit import Visit
from tests.served.operations import COURSE

PRICES = {tier["code"]: tier["price"]["amountMinor"] for tier in COURSE["tiers"]}
SESSIONS = {tier["code"]: tier["sessionCount"] for tier in COURSE["tiers"]}
FOREIGN_MINOR = 31400

Metadata = dict[str, str]


async def pays_another_application(visit: Visit) -> None:
    """On the same account, and perhaps the owner of a course here as well."""
    if visit.random.random() < 0.4:
        await visit.bought()
    reference = visit.bank.book(FOREIGN_MINOR, visit.random.choice([{}, {"order": "shop-17"}, {"studentId": "s-1"}]))
    _lives_its_life(visit, reference)


async def pays_another_gateway(visit: Visit) -> None:
    """Staging beside production on one account: the same course and student, and the mark of the other installation.
    One of before there were marks is told by its payment's id."""
    if visit.random.random() < 0.6:
        await visit.bought()
    said = legacy(visit.student, _course_key(visit), "BASIC") | {"gateway_payment_id": str(uuid4())}
    if visit.random.random() < 0.6:
        said |= {"gateway_installation": str(uuid4())}
    _lives_its_life(visit, visit.bank.book(PRICES["BASIC"], said))


async def bought_at_the_old_service(visit: Visit) -> None:
    tier = visit.random.choice(["BASIC", "STANDARD"])
    said = odd(legacy(visit.student, _course_key(visit), tier), visit.random, visit.bank.most_entries)
    reference = visit.bank.book(PRICES[tier], said)
    visit.bank.sales[reference] = Sale(visit.student, visit.course, tier)
    if visit.random.random() < 0.3:
        visit.bank.unheard.add(reference)
    visit.bank.pay(reference)


async def bought_at_the_old_service_and_gets_it_back(visit: Visit) -> None:
    said = odd(legacy(visit.student, _course_key(visit), "BASIC"), visit.random, visit.bank.most_entries)
    reference = visit.bank.book(PRICES["BASIC"], said)
    visit.bank.sales[reference] = Sale(visit.student, visit.course, "BASIC")
    visit.bank.pay(reference)
    visit.bank.give_back(reference)


async def bought_here_and_at_the_old_service(visit: Visit) -> None:
    await visit.bought()
    await bought_at_the_old_service(visit)


def legacy(student: str, course: UUID, tier: str) -> Metadata:
    """What the old payment service wrote: everything text, as providers keep it."""
    return {
        "studentId": student,
        "courseId": str(course),
        "purchaseTier": tier,
        "isSundayOnly": "true",
        "sessionDuration": "60",
        "timeSlot": "17:30-18:30",
    }


def odd(said: Metadata, random: Random, most_entries: int) -> Metadata:
    """The same sale in other spellings, and with words beside it that say nothing of the sale: as many entries as the
    provider keeps."""
    for number in sorted(random.sample(range(len(ODDITIES)), random.randint(1, 3))):
        changed = ODDITIES[number](said)
        said = changed if len(changed) <= most_entries else said
    return said


def _prefixed_course(said: Metadata) -> Metadata:
    return said | {"courseId": ids.to_text(ids.COURSE, UUID(said["courseId"].strip()))}


def _blank_after_course(said: Metadata) -> Metadata:
    return said | {"courseId": f"{said['courseId']} "}


def _blanks_around_student(said: Metadata) -> Metadata:
    return said | {"studentId": f" {said['studentId']}\t"}


def _address_of_two_lines(said: Metadata) -> Metadata:
    return said | {"address": "12 MG Road\nBengaluru"}


def _twenty_one_entries(said: Metadata) -> Metadata:
    return said | {f"note{number:02d}": f"{number}" for number in range(21)}


def _long_entry(said: Metadata) -> Metadata:
    return said | {"remark": "please call before the first class " * 6}


def _slot_of_halves(said: Metadata) -> Metadata:
    return said | {"timeSlot": "5:30 PM - 6:30 PM"}


def _start_alone(said: Metadata) -> Metadata:
    return said | {"timeSlot": "17:30"}


def _old_zone(said: Metadata) -> Metadata:
    return said | {"timeZone": "Asia/Calcutta"}


def _sessions_for_tier(said: Metadata) -> Metadata:
    tier = said.get("purchaseTier")
    return said | {"purchaseTier": "", "sessionCount": str(SESSIONS[tier])} if tier else said


def _capital_flag(said: Metadata) -> Metadata:
    return said | {"isSundayOnly": "True"}


ODDITIES: list[Callable[[Metadata], Metadata]] = [
    _prefixed_course,
    _blank_after_course,
    _blanks_around_student,
    _address_of_two_lines,
    _twenty_one_entries,
    _long_entry,
    _slot_of_halves,
    _start_alone,
    _old_zone,
    _sessions_for_tier,
    _capital_flag,
]


def _course_key(visit: Visit) -> UUID:
    key = ids.from_text(ids.COURSE, visit.course)
    assert key is not None, "the gateway has just told it"
    return key


def _lives_its_life(visit: Visit, reference: str) -> None:
    """Paid, and at times given back by its owner, or claimed by the payer's bank."""
    visit.bank.pay(reference)
    match visit.meanwhile("kept", "kept", "refund", "part", "dispute"):
        case "refund":
            visit.bank.give_back(reference)
        case "part":
            visit.bank.give_back(reference, 100)
        case "dispute":
            visit.bank.lose(reference)
