"""What the audit may say was done: every action with its meaning, as the schema and the tests list them."""

ACTIONS = {
    "payment.opened": "A checkout was opened here, for this tier and amount.",
    "payment.intent_opened": "The provider opened its intent, under this reference.",
    "payment.refused": "The provider will never take its price, for the reason; it is canceled, and no money moved.",
    "payment.adopted": "A checkout that another system had opened at the provider was taken into our books. Of its "
    "free entries, `cleaned` are not as they were written, and `leftOut` could not be kept.",
    "payment.asked": "The provider was asked for the first time, and nothing was to be had yet: unpaid, or no answer.",
    "payment.processing": "An attempt to pay is under way, and the provider has not settled it.",
    "payment.unpaid": "The attempt under way came to nothing; the checkout can still be paid.",
    "payment.declined": "The provider declined an attempt.",
    "payment.canceled": "The checkout was closed for good, unpaid.",
    "payment.captured": "The provider holds the money.",
    "payment.fulfilled": "The money became a purchase.",
    "payment.duplicate": "The money bought nothing, for the student has the course; all of it goes back.",
    "payment.unfulfillable": "The money cannot buy what it was for; all of it goes back.",
    "payment.refund_requested": "Money shall go back.",
    "payment.refunded": "Money went back.",
    "payment.refunded_beyond": "More went back at the provider than was captured.",
    "payment.refund_rejected": "Money that should have gone back did not.",
    "payment.refund_recounted": "A refund or a dispute takes another share of the money, since others were heard of.",
    "payment.refund_returned": "Money that went back came back to the provider.",
    "purchase.created": "The student got the course.",
    "purchase.superseded": "Another purchase took its place.",
    "purchase.expired": "Its time was over.",
    "purchase.extended": "An admin let it end later.",
    "purchase.corrected": "An admin put right when and how its sessions take place.",
    "purchase.revoked": "An admin took it back.",
    "purchase.refunded": "Its money went back, and it ended.",
    "purchase.revived": "What had taken its place was refunded, and it holds again.",
    "purchase.reinstated": "The refund that had ended it did not go through, and it holds again.",
    "purchase.recounted": "Sessions and an end that it had taken over from an earlier purchase were given back with "
    "that one's money, or came back with it.",
    "course.saved": "A course and its tiers were put into the catalogue, or changed.",
    "job.retried": "An admin had a job run again.",
    "job.canceled": "An admin called a job off, or ended a case.",
}
"""In the order in which a history may tell of them."""
