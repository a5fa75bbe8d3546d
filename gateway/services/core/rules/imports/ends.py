"""How an old purchase stands here: its access, whether and when it ended, and what speaks against that."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.services.core.frozen import quick, replace
from gateway.services.core.model.imports.old_purchase import OldPurchase
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Access, AccessStatus, PurchaseStatus, Tier
from gateway.services.core.rules import access, tiers
from gateway.services.core.rules.inputs.courses import MOST_SESSIONS
from gateway.services.core.rules.inputs.metadata import LATEST_YEAR

EARLIEST_YEAR = 2000
LONGEST_LEAD = timedelta(days=75 * 365)

_ACCESS = {PurchaseStatus.ACTIVE: AccessStatus.GRANTED, PurchaseStatus.EXPIRED: AccessStatus.EXPIRED}

WAS_ACTIVE = "was ACTIVE past its end; it came over as EXPIRED"
WAS_SUPERSEDED = "was SUPERSEDED, and all of its money went back; it came over as REFUNDED"


@quick
@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands, with `notes` on what is not as the row has it; where there are `problems` it does not come
    over."""

    status: PurchaseStatus
    ended_at: datetime | None
    access: Access
    notes: tuple[FieldProblem, ...] = ()
    problems: tuple[FieldProblem, ...] = ()


def standing_of(old: OldPurchase, tier: Tier, now: datetime) -> Standing:
    """How a row stands that sold this tier."""
    held = _access(old, tier)
    status, ended_at, notes = _end(old, held, now)
    held = replace(held, status=_ACCESS.get(status, AccessStatus.REVOKED))
    problems = [*_of_times(old, held, now), *_of_sessions(held), *_of_end(old, status, ended_at, held, now)]
    return Standing(status, ended_at, held, notes, tuple(problems))


def refunded_minor(old: OldPurchase) -> int:
    """How much of its money went back."""
    if old.payment is None:
        return 0
    if old.payment.refunded_minor is not None:
        return old.payment.refunded_minor
    return old.payment.amount.amount_minor if old.status is PurchaseStatus.REFUNDED else 0


def is_refunded(old: OldPurchase) -> bool:
    """Whether all of its money went back."""
    return old.payment is not None and refunded_minor(old) >= old.payment.amount.amount_minor


def _access(old: OldPurchase, tier: Tier) -> Access:
    terms = tiers.terms_of(tier)
    starts_at = old.starts_at or access.start(old.metadata, old.created_at)
    by_validity = access.granted(terms, replace(old.metadata, date=None), starts_at).expires_at
    ended = old.ended_at if old.status is PurchaseStatus.EXPIRED else None
    return Access(
        AccessStatus.GRANTED,
        terms.session_count if old.sessions_total is None else old.sessions_total,
        old.sessions_used,
        starts_at,
        None if old.is_endless else old.expires_at or ended or by_validity,
    )


def _end(
    old: OldPurchase, held: Access, now: datetime
) -> tuple[PurchaseStatus, datetime | None, tuple[FieldProblem, ...]]:
    """Its status, when it ended, and what that makes of what the row says."""
    has_lapsed = access.has_lapsed(held, now)
    match old.status:
        case None if is_refunded(old):
            return PurchaseStatus.REFUNDED, _refunded_at(old), ()
        case None if has_lapsed:
            return PurchaseStatus.EXPIRED, held.expires_at, ()
        case PurchaseStatus.ACTIVE if has_lapsed and not is_refunded(old):
            return PurchaseStatus.EXPIRED, held.expires_at, (FieldProblem(("status",), WAS_ACTIVE),)
        case None | PurchaseStatus.ACTIVE:
            return PurchaseStatus.ACTIVE, None, ()
        case PurchaseStatus.EXPIRED:
            return PurchaseStatus.EXPIRED, old.ended_at or held.expires_at, ()
        case PurchaseStatus.REFUNDED:
            return PurchaseStatus.REFUNDED, _refunded_at(old), ()
        case PurchaseStatus.SUPERSEDED if is_refunded(old):  # as it is here: the money decides
            return PurchaseStatus.REFUNDED, old.ended_at, (FieldProblem(("status",), WAS_SUPERSEDED),)
        case status:
            return status, old.ended_at, ()


def _refunded_at(old: OldPurchase) -> datetime | None:
    return old.ended_at or (old.payment.refunded_at if old.payment else None)


def _of_times(old: OldPurchase, held: Access, now: datetime) -> list[FieldProblem]:
    found = []
    if old.created_at.year < EARLIEST_YEAR:
        found.append(FieldProblem(("createdAt",), f"must be in {EARLIEST_YEAR} or later"))
    if old.created_at > now:
        found.append(FieldProblem(("createdAt",), "is in the future"))
    if old.payment and old.payment.refunded_at and old.payment.refunded_at > now:
        found.append(FieldProblem(("refundedAt",), "is in the future"))
    if held.starts_at.year < EARLIEST_YEAR or held.starts_at > old.created_at + LONGEST_LEAD:
        found.append(FieldProblem(("startsAt",), f"must be in {EARLIEST_YEAR} or later, and within 75 years"))
    if held.expires_at is not None and held.expires_at <= held.starts_at:
        what = f"must be after the access starts, at {held.starts_at.isoformat()}"
        found.append(FieldProblem(("expiresAt",), what))
    if held.expires_at is not None and held.expires_at.year > LATEST_YEAR:
        what = f"must be before the end of {LATEST_YEAR}; for no end, write never"
        found.append(FieldProblem(("expiresAt",), what))
    return found


def _of_sessions(held: Access) -> list[FieldProblem]:
    found = []
    if not 1 <= held.sessions_total <= MOST_SESSIONS:
        found.append(FieldProblem(("sessionsTotal",), f"must be 1 to {MOST_SESSIONS}"))
    if not 0 <= held.sessions_used <= held.sessions_total:
        what = f"must be 0 to the sessions there are, {held.sessions_total}; this is {held.sessions_used}"
        found.append(FieldProblem(("sessionsUsed",), what))
    return found


def _of_end(
    old: OldPurchase, status: PurchaseStatus, ended_at: datetime | None, held: Access, now: datetime
) -> list[FieldProblem]:
    found = []
    if status is PurchaseStatus.ACTIVE:
        if old.ended_at is not None:
            found.append(FieldProblem(("status",), "is required where endedAt is given: say how it ended"))
        if is_refunded(old):
            found.append(FieldProblem(("status",), "is ACTIVE, and all of its money went back: write REFUNDED"))
        return found
    if status is PurchaseStatus.EXPIRED and (held.expires_at is None or held.expires_at > now):
        found.append(FieldProblem(("expiresAt",), "must have passed where status is EXPIRED"))
    elif ended_at is None:
        found.append(FieldProblem(("endedAt",), f"is required where status is {status.value}"))
    elif old.ended_at is not None and not old.created_at <= ended_at <= now:
        found.append(FieldProblem(("endedAt",), "must be after createdAt, and not in the future"))
    if old.status is PurchaseStatus.REFUNDED and not is_refunded(old):
        what = "is REFUNDED, so all of its payment went back: give the payment, or write REVOKED where none is known"
        found.append(FieldProblem(("status",), what))
    return found
