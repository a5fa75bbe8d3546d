"""What must be true of a payment or a purchase beside the entry that says how it came over from another system."""

from gateway.services.verification.model import Check
from gateway.services.verification.words import Words


def payment_imported(w: Words, shows: tuple[str, ...], is_anothers: str) -> Check:
    """Of an audit entry of a `payment`.

    Args:
        is_anothers: whether the entry names another student or course.
    """
    says, changes = w.entry, "audit_entry.changes"
    # Entries of older releases do not say the attempt.
    is_learnt = f"""{says(changes, "attempt")} = payment.reference AND (SELECT count(*) FROM audit_entry AS learnt
        WHERE learnt.subject_id = payment.id AND learnt.action = 'payment.attempt_learnt') = 1"""
    return Check(
        f"""({says(changes, "tier")} = payment.tier AND {says(changes, "purpose")} = payment.purpose
            AND {says(changes, "amountMinor")} = CAST(payment.amount_minor AS TEXT)
            AND {says(changes, "currency")} = payment.currency
            AND payment.captured_minor = payment.amount_minor AND payment.captured_currency = payment.currency
            AND {says(changes, "provider")} = payment.provider AND {says(changes, "reference")} = payment.reference
            AND {says(changes, "createdAt")} = {w.iso("payment.created_at")}
            AND payment.confirmed_at = payment.created_at
            AND (coalesce({says(changes, "attempt")}, payment.attempt) = payment.attempt OR {is_learnt})) IS NOT TRUE
            OR {is_anothers}""",
        "Tier, purpose, amount, currency, provider, reference, student, course and moment of the payment must be those"
        " it came over with, and so must its attempt, unless its provider said it afterwards.",
        shows,
        of=("payment.imported",),
    )


def attempt_learnt(w: Words, shows: tuple[str, ...]) -> Check:
    """Of an audit entry of a `payment` whose attempt its old system had not kept."""
    changes = "audit_entry.changes"
    return Check(
        f"""({w.first_of(changes, "attempt")} = payment.reference AND {w.last_of(changes, "attempt")} = payment.attempt
            AND audit_entry.actor_id = 'gateway') IS NOT TRUE""",
        "The payment's attempt must be the one that its provider said, in place of its reference.",
        shows,
        of=("payment.attempt_learnt",),
    )


def purchase_imported(w: Words, shows: tuple[str, ...], is_anothers: str) -> Check:
    """Of an audit entry of a `purchase`; see `payment_imported`."""
    says, changes = w.entry, "audit_entry.changes"
    return Check(
        f"""({says(changes, "tier")} = purchase.tier AND {says(changes, "oldId")} IS NOT NULL
            AND {says(changes, "createdAt")} = {w.iso("purchase.created_at")}
            AND audit_entry.actor_id = purchase.created_by_id
            AND audit_entry.actor_role = purchase.created_by_role) IS NOT TRUE OR {is_anothers}""",
        "The purchase's student, course, tier, moment and creator must be those of this entry.",
        (*shows, "audit_entry.actor_id", "audit_entry.actor_role"),
        of=("purchase.imported",),
    )


def imported_as(w: Words, is_so: str) -> str:
    """How many entries say so of a purchase as it came over from another system, by its name in braces."""
    names = ("status", "sessionsTotal", "sessionsUsed", "startsAt", "expiryDate", "endedAt")
    said = {name: w.entry("brought.changes", name) for name in names}
    return f"""(SELECT count(*) FROM audit_entry AS brought WHERE brought.subject_id = purchase.id
        AND brought.action = 'purchase.imported' AND {is_so.format_map(said)})"""
