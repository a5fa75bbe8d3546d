"""Intents that a provider names and our books do not know: ours, to be adopted, or somebody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.services.core.commands.adopt_payment import AdoptPayment
from gateway.services.core.commands.open_payment import RecordIntent
from gateway.services.core.frozen import replace
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, Opened
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import GATEWAY, Payment, Provider, Purpose
from gateway.services.core.rules.inputs.subjects import is_pseudonym
from gateway.services.jobs.foreign.checkouts import UnknownPayment, adopting, is_course_purchase, unreadable
from gateway.services.providers import metadata as kept
from gateway.services.providers.base import FoundIntent
from gateway.services.purchases import Purchases


class ForeignIntent(Exception):
    """An intent of somebody else's in the same account: it is never adopted and never refunded."""


def _of_nobody(command: AdoptPayment, pseudonym: str) -> AdoptPayment:
    """The checkout of a student who was erased meanwhile, without what the provider has of them still."""
    metadata = replace(command.metadata, labels=())
    return replace(command, student_id=pseudonym, metadata=metadata, cleaned=(), left_out=())


class Reads(Protocol):
    """What is read of our books, as it was last committed."""

    async def payment_by_reference(self, provider: Provider, reference: str) -> Payment | None: ...


@dataclass(frozen=True, slots=True)
class Intents:
    """Finds the payment of an intent."""

    purchases: Purchases
    reads: Reads

    async def payment_of(self, name: Provider, reference: str, door: Door, is_shown: bool = False) -> Payment:
        """The payment that an event refers to: one in our books; or one that we opened, before the reference was noted;
        or else one that another system opened, adopted by its own metadata.

        Args:
            is_shown: the event showed that it is ours: where the provider does not know it yet, it is asked again.

        Raises:
            ForeignIntent: it is somebody else's.
            UnknownPayment: it is ours, but its metadata cannot be taken over.
        """
        if payment := await self.reads.payment_by_reference(name, reference):
            return payment
        found = await self.purchases.providers.get(name).find(reference)
        if found is None and is_shown:
            raise UnknownPayment(f"{name} speaks of {reference}, which it does not know itself")
        if found is None:
            raise ForeignIntent(f"{name} knows of no intent behind {reference}")
        if found.reference != reference and (payment := await self.reads.payment_by_reference(name, found.reference)):
            return payment
        if await self.is_foreign(found.metadata):
            raise ForeignIntent(f"{found.reference} was opened by somebody else")
        return await self._taken(name, found, door)

    async def is_foreign(self, metadata: Mapping[str, str]) -> bool:
        """Whether an intent's metadata shows that it is somebody else's: it has another gateway's mark, or no mark and
        nothing of a course purchase."""
        if mark := kept.installation_of(metadata):
            return mark != await self.purchases.providers.installation()
        return not (kept.names_payment(metadata) or is_course_purchase(metadata))

    async def is_own(self, metadata: Mapping[str, str], payment: Payment) -> bool:
        """Whether this gateway opened the intent for that payment; early intents have the payment's id but no mark."""
        mark = kept.installation_of(metadata)
        is_marked_ours = not mark or mark == await self.purchases.providers.installation()
        return kept.payment_id_of(metadata) == payment.id and is_marked_ours

    async def _taken(self, name: Provider, found: FoundIntent, door: Door) -> Payment:
        """Raises: ForeignIntent, UnknownPayment."""
        payment_id = kept.payment_id_of(found.metadata)
        ours = None if payment_id is None else await self.purchases.find_payment(payment_id)
        if ours is None and kept.names_payment(found.metadata) and not kept.installation_of(found.metadata):
            raise ForeignIntent(f"{found.reference} is of a payment that is in other books")
        command: AdoptPayment | RecordIntent
        if ours is None:
            command = adopting(name, found, payment_id or self.purchases.new_id(), door)
        elif ours.reference in (None, found.reference):
            command = RecordIntent(GATEWAY, ours.id, found.reference)
        else:  # opened a second time, so late that the provider had forgotten our idempotency key
            again = replace(adopting(name, found, self.purchases.new_id(), door), purpose=Purpose.PURCHASE)
            command = _of_nobody(again, ours.student_id) if is_pseudonym(ours.student_id) else again
        match await self.purchases.submit_or_raise(command):
            case Opened(payment):
                return payment
            case InvalidInput(fields):
                raise unreadable(name, found, list(fields))
            case _:
                problem = FieldProblem((kept.COURSE_ID,), "is not in the catalogue")
                raise unreadable(name, found, [problem])
