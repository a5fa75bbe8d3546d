"""Whether a row of an old system is the one that came over before, and where it differs.

What is compared is what the row says, and not what became of it here: the purchase may have been extended or refunded
since. The digests are stored, so their form never changes; a new field goes to the end.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.rules.inputs.metadata import as_text, in_canonical_words

DIGEST_BYTES = 4
"""Of each field: two values have the same one once in four thousand million."""

Text = Callable[[OldPurchase], object]


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).isoformat()


def _of_payment(read: Callable[[OldPayment], object]) -> Text:
    return lambda old: None if old.payment is None else read(old.payment)


_FIELDS: tuple[tuple[str, Text], ...] = (
    ("studentId", lambda old: old.student_id),
    ("courseId", lambda old: old.course_id.hex),
    ("purchaseTier", lambda old: old.tier.code),
    ("sessionCount", lambda old: old.tier.session_count),
    ("metadata", lambda old: sorted(as_text(in_canonical_words(old.metadata)).items())),
    ("createdAt", lambda old: _at(old.created_at)),
    ("status", lambda old: old.status and old.status.value),
    ("startsAt", lambda old: _at(old.starts_at)),
    ("expiresAt", lambda old: "never" if old.is_endless else _at(old.expires_at)),
    ("sessionsTotal", lambda old: old.sessions_total),
    ("sessionsUsed", lambda old: old.sessions_used),
    ("endedAt", lambda old: _at(old.ended_at)),
    ("supersedes", lambda old: old.supersedes),
    ("provider", _of_payment(lambda paid: paid.provider.value)),
    ("paymentReference", _of_payment(lambda paid: paid.reference)),
    ("paymentAttempt", _of_payment(lambda paid: paid.attempt)),
    ("amount", _of_payment(lambda paid: (paid.amount.amount_minor, paid.amount.currency))),
    ("refunded", _of_payment(lambda paid: (paid.refunded_minor, paid.refund_reference, _at(paid.refunded_at)))),
)

FINGERPRINT_BYTES = DIGEST_BYTES * len(_FIELDS)
"""Of what came over by this release."""


def fingerprint(old: OldPurchase) -> bytes:
    """The digests of all fields, one after the other."""
    return b"".join(_digest(read(old)) for _, read in _FIELDS)


def differences(stored: bytes, given: bytes) -> list[str]:
    """The names of the fields in which two rows differ, by their fingerprints."""
    return [
        name
        for index, (name, _) in enumerate(_FIELDS)
        if stored[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES]
        != given[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES]
    ]


def _digest(value: object) -> bytes:
    return hashlib.blake2b(repr(value).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
