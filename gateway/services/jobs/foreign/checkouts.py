"""An intent that another system opened, read as the checkout that we would have opened for it."""

from collections.abc import Mapping
from uuid import UUID

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.frozen import replace
from gateway.services.core.legacy.body import KNOWN, PLATFORM_TIME_ZONE, read_expiry, read_metadata, read_tier, zone_of
from gateway.services.core.legacy.values import is_blank
from gateway.services.core.model.jobs import Case
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Provider
from gateway.services.core.rules.cases import of_intent
from gateway.services.core.rules.inputs.free_entries import keep
from gateway.services.core.rules.inputs.subjects import trimmed
from gateway.services.providers import metadata as kept
from gateway.services.providers.base import FoundIntent


class UnknownPayment(Exception):
    """A provider names a payment that is not in our books and cannot be taken into them. The job tries again, and is
    listed with this text: what is wrong with the intent's metadata can be corrected at the provider.

    `case` is for a person at once, where money was taken.
    """

    def __init__(self, why: str, case: Case | None = None) -> None:
        super().__init__(why)
        self.case = case


def adopting(
    provider: Provider, found: FoundIntent, payment_id: UUID, door: Door, default_time_zone: str = PLATFORM_TIME_ZONE
) -> AdoptPayment:
    """The command that takes an intent into our books, by the metadata that it carries.

    Only what concerns the sale can stop it: who, which course and tier, when and until when. Blanks around those values
    mean nothing, and a free entry is kept as far as possible.

    Args:
        payment_id: the id that its payment gets.

    Raises:
        UnknownPayment: an entry cannot be read.
    """
    entries = {name: trimmed(text) for name, text in found.metadata.items() if name in KNOWN}
    free = keep({name: text for name, text in found.metadata.items() if name not in KNOWN | kept.OURS})
    course_id = kept.course_id_of(entries)
    tier = read_tier(entries)
    metadata = read_metadata(entries, default_time_zone)
    expiry = read_expiry(entries, zone_of(metadata, default_time_zone))
    problems = [problem for read in (tier, metadata, expiry) if isinstance(read, list) for problem in read]
    if course_id is None:
        problems.append(FieldProblem((kept.COURSE_ID,), "must be the id of a course: its UUID, or crs_…"))
    if found.amount is None:
        problems.append(FieldProblem(("amount",), "is none that our books could hold exactly"))
    if isinstance(tier, list) or isinstance(metadata, list) or isinstance(expiry, list):
        raise unreadable(provider, found, problems)
    if course_id is None or found.amount is None:
        raise unreadable(provider, found, problems)
    return AdoptPayment(
        payment_id=payment_id,
        provider=provider,
        reference=found.reference,
        amount=found.amount,
        student_id=entries.get(kept.STUDENT_ID, ""),
        course_id=course_id,
        tier=tier,
        metadata=replace(metadata, labels=free.labels),
        expiry_date=expiry,
        purpose=kept.purpose_of(found.metadata),
        cleaned=free.cleaned,
        left_out=free.left_out,
        door=door,
    )


def unreadable(provider: Provider, found: FoundIntent, problems: list[FieldProblem]) -> UnknownPayment:
    """What is wrong with an intent's metadata, field by field; with a case where money was taken."""
    listed = "; ".join(f"{'.'.join(problem.path)} {problem.message}" for problem in problems)
    why = f"{provider} speaks of {found.reference}, whose metadata cannot be taken over: {listed}"
    if not found.is_paid:
        return UnknownPayment(why)
    reason = (
        f"{provider} took {found.amount or 'money'} for {found.reference}, which another system opened for a course and"
        f" which cannot be taken over: {listed}. Mend it at the provider or in the catalogue: it is looked at again by "
        "itself within two hours, for days. Or give the money back at the provider, or know that it was served; then "
        "cancelJob ends this."
    )
    return UnknownPayment(why, Case(of_intent(provider, found.reference), reason))


def is_course_purchase(entries: Mapping[str, str]) -> bool:
    """Whether an intent was meant as one, even with faulty entries: it names a course, or a student and a tier."""
    student, course, *tier = (
        not is_blank(entries.get(name)) for name in (kept.STUDENT_ID, kept.COURSE_ID, "purchaseTier", "sessionCount")
    )
    return course or (student and any(tier))
