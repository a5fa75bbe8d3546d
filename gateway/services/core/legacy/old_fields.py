"""The fields that a row of an old system may have, and what each means."""

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "oldId": "Its id in the old system, unique there; required. By it a row comes over once.",
    "studentId": "Whose it is, as tokens name the student; required.",
    "courseId": "The course here: crs_… or its UUID; required.",
    "purchaseTier": "The tier, by its code; this or sessionCount is required.",
    "sessionCount": "The tier, by its number of sessions.",
    "isSundayOnly": "true or false; required, here or in metadata, as the next three.",
    "sessionDuration": "Minutes of a session, unless timeSlot is a range.",
    "timeSlot": "17:30, 5:30 PM, or a range: 17:30-18:30.",
    "timeZone": "The time zone of the slot; Asia/Kolkata by default.",
    "date": "The first session's day.",
    "metadata": "A JSON object with any of these five, and free entries, which are kept as labels.",
    "createdAt": "When it was bought or granted; required.",
    "status": "ACTIVE, EXPIRED, REVOKED, REFUNDED or SUPERSEDED; else it follows from expiresAt and what went back.",
    "startsAt": "When the access began; by default with the first session's day, or createdAt.",
    "expiresAt": "When it ends or ended, `never` for no end; by default by the tier's validity.",
    "endedAt": "When it was revoked, refunded or superseded.",
    "sessionsTotal": "By default the tier's.",
    "sessionsUsed": "By default 0.",
    "supersedes": "The oldId of the purchase that it replaced.",
    "provider": "STRIPE or RAZORPAY; required where paymentReference is given, as amount and currency.",
    "paymentReference": "The provider's id: pi_… or order_…. Leave it empty where nobody paid.",
    "paymentAttempt": "The charge, ch_… or pay_…; else it is learnt from the provider.",
    "amount": "What was paid, in the currency: 4999.00.",
    "amountMinor": "The same in minor units: 499900.",
    "currency": "INR.",
    "refundedAmount": "What went back, in the currency; by default nothing, or all where the status is REFUNDED.",
    "refundedMinor": "The same in minor units.",
    "refundReference": "The provider's id of the refund, re_… or rfnd_…; else it is learnt from the provider.",
    "refundedAt": "By default endedAt, or createdAt.",
}
"""What a row may have, and what it means."""
