"""What must be true of a purchase: whose it is, what paid for it, and how it ended."""

from gateway.services.core.model.values import Origin, PurchaseStatus, Role
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.verification.model import Check, Gathered, Invariant, Related, Table
from gateway.services.verification.tables.digits import OFTEN, Count, counted, gathered
from gateway.services.verification.tables.plans import PLAN, differing, identity, plan, saved_before
from gateway.services.verification.tables.purchases.accesses import accesses
from gateway.services.verification.tables.purchases.chains import SUCCESSORS, chains
from gateway.services.verification.tables.purchases.counting import RECORDED
from gateway.services.verification.tables.purchases.imported import imported_as
from gateway.services.verification.tables.uniques import ACTIVE, BOUGHT_ONCE
from gateway.services.verification.words import Words, not_among, quoted

WHOSE = ("purchase.student_id", "purchase.course_id", "purchase.tier", "purchase.tier_rank", "purchase.payment_id")
PAID_WHOSE = ("paid.student_id", "paid.course_id", "paid.tier", "paid.tier_rank", "paid.status", "paid.fulfilment")
STATES = ("purchase.status", "purchase.created_at", "purchase.ended_at")
_OTHERS = "Nobody but the gateway writes histories. Find out who changed the purchase, or took an entry away."

COUNTS = {
    "creations": Count(("purchase.created",)),
    "imports": Count(("purchase.imported",)),
    "supersessions": Count(("purchase.superseded",), OFTEN),
    "expiries": Count(("purchase.expired",), OFTEN),
    "revocations": Count(("purchase.revoked",)),
    "refunds": Count(("purchase.refunded",), OFTEN),
    "revivals": Count(("purchase.revived",), OFTEN),
    "comebacks": Count(("purchase.reinstated",), OFTEN),
    "corrections": Count(("purchase.corrected",), OFTEN),
    "moves": Count(("purchase.extended", "purchase.recounted"), OFTEN),
}
HAS = counted("history", COUNTS)
"""How many entries of these kinds a purchase has."""

ENDING = "('purchase.superseded', 'purchase.expired', 'purchase.revoked', 'purchase.refunded')"


def purchases(w: Words) -> Table:
    joined = (
        Related("course", "course", "course.id = purchase.course_id"),
        Related("tier", "tier", "tier.course_id = purchase.course_id AND tier.code = purchase.tier"),
        Related("paid", "payment", "paid.id = purchase.payment_id"),
        Related("below", "purchase", "below.id = purchase.supersedes"),
        Related("access", "student_access", "access.purchase_id = purchase.id"),
        Related("held", "student_access", "held.purchase_id = purchase.supersedes"),
        _history(w),
        SUCCESSORS,
        RECORDED,
    )
    invariants = (
        ACTIVE,
        BOUGHT_ONCE,
        _accessible(),
        _created(w),
        _taken_back(),
        *chains(w, HAS),
        _paid(w),
        _ended(w),
        *accesses(w, HAS),
        identity("purchase", w),
        plan("purchase", w),
    )
    facts = {f"history.{name}": entries for name, entries in HAS.items()}
    moves = """SELECT changes FROM audit_entry WHERE subject_id = purchase.id
        AND action IN ('purchase.extended', 'purchase.recounted') ORDER BY id"""
    return Table("purchase", ("id",), joined, invariants, {**facts, "history.moved": w.lines_of("changes", moves)})


def _history(w: Words) -> Gathered:
    """Its entries, counted; most of those among a page's ids are of payments."""
    of_purchases = w.begins("history.action", "purchase.")
    return Gathered(
        "history",
        "audit_entry",
        "subject_id",
        gathered("history.action", COUNTS),
        of_purchases,
    )


def _accessible() -> Invariant:
    return Invariant(
        "Every purchase has its access, granted just while the purchase is active.",
        "purchase",
        "Where the purchase is right, set its access to what its status says; where it has none, write one with the"
        " sessions of its payment.",
        (
            Check("access.purchase_id IS NULL", "It has no row in student_access.", STATES),
            Check(
                """access.status <> CASE purchase.status WHEN 'ACTIVE' THEN 'GRANTED' WHEN 'EXPIRED' THEN 'EXPIRED'
                    ELSE 'REVOKED' END""",
                "The access of an ACTIVE purchase is GRANTED, of an EXPIRED one EXPIRED, of any other REVOKED.",
                (*STATES, "access.status"),
            ),
        ),
    )


def _created(w: Words) -> Invariant:
    return Invariant(
        "Every purchase came to be once, and the audit says so.",
        "purchase",
        _OTHERS,
        (
            Check(
                f"{HAS['creations']} + {HAS['imports']} <> 1",
                "Its history has purchase.created once, or purchase.imported.",
                (*STATES, "history.creations", "history.imports"),
            ),
            Check(
                "purchase.created_at > :latest",
                "It was created before now.",
                STATES,
            ),
            Check(
                f"""{not_among("purchase.created_by_role", Role)}
                    OR length(purchase.created_by_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}
                    OR purchase.origin = 'ADMIN' AND purchase.created_by_role = 'STUDENT'
                    OR purchase.created_by_role = 'STUDENT' AND purchase.created_by_id <> purchase.student_id""",
                "Students create purchases of their own only, by paying for them.",
                ("purchase.origin", "purchase.created_by_id", "purchase.created_by_role", "purchase.student_id"),
            ),
        ),
    )


def _taken_back() -> Invariant:
    return Invariant(
        "A purchase that was taken back gave its money back.",
        "purchase",
        "Look at the provider's dashboard whether the money went back: if not, refundPayment, or grant it anew.",
        (
            Check(
                "purchase.status = 'REFUNDED' AND (paid.id IS NULL OR paid.status <> 'REFUNDED')",
                "It is REFUNDED, and its payment is not.",
                (*STATES, "paid.status"),
            ),
        ),
    )


def _paid(w: Words) -> Invariant:
    return Invariant(
        "A paid purchase is what its payment paid for; any other was granted by an admin.",
        "purchase",
        "What the payment says is right, unless the audit shows that the payment was changed. Correct the purchase, or"
        " take it back by revokePurchase.",
        (
            Check(
                f"""(purchase.origin = 'PAYMENT') <> (purchase.payment_id IS NOT NULL)
                    OR {not_among("purchase.origin", Origin)}
                    OR purchase.payment_id IS NOT NULL AND (paid.id IS NULL OR paid.fulfilment <> 'FULFILLED')""",
                "Its origin is PAYMENT just where it names a payment, which is there and FULFILLED.",
                ("purchase.origin", "purchase.payment_id", "paid.fulfilment"),
            ),
            Check(
                """paid.student_id <> purchase.student_id OR paid.course_id <> purchase.course_id
                    OR paid.tier <> purchase.tier OR paid.tier_rank <> purchase.tier_rank""",
                "Student, course, tier and rank must be those of its payment.",
                (*WHOSE, *PAID_WHOSE),
            ),
            Check(
                f"""paid.id IS NOT NULL AND {HAS["corrections"]} = 0 AND ({differing("paid", "purchase", w)})""",
                "When and how its sessions take place must be as its payment has it, as nobody corrected that.",
                tuple(f"{table}.{column}" for column in PLAN for table in ("purchase", "paid")),
            ),
            Check(
                f"""paid.id IS NULL AND (tier.code IS NULL OR tier.rank <> purchase.tier_rank)
                    AND purchase.created_at > {saved_before("purchase.course_id", w)}""",
                "The course was not changed since this was granted, and yet its tier has another rank, or is gone.",
                (*WHOSE, "tier.rank"),
            ),
            Check(
                "paid.confirmed_at <> purchase.created_at",
                "It was created when its payment was captured.",
                ("purchase.created_at", "paid.confirmed_at"),
            ),
        ),
    )


def _ended(w: Words) -> Invariant:
    def came(status: str) -> str:
        """Whether it came over with that status."""
        return f"CASE WHEN {HAS['imports']} = 0 THEN 0 ELSE {imported_as(w, f'{{status}} = {quoted(status)}')} END"

    return Invariant(
        "A purchase is active, or its history says when and why it ended.",
        "purchase",
        _OTHERS,
        (
            Check(
                f"""(purchase.status = 'ACTIVE') <> (purchase.ended_at IS NULL)
                    OR {not_among("purchase.status", PurchaseStatus)}""",
                "ended_at is set just where the status is not ACTIVE.",
                STATES,
            ),
            Check(
                f"""CASE purchase.status WHEN 'ACTIVE' THEN {HAS["revocations"]} > 0
                    OR {HAS["supersessions"]} + {HAS["expiries"]} + {HAS["refunds"]}
                    > {HAS["revivals"]} + {HAS["comebacks"]} * 2 + {HAS["moves"]}
                    WHEN 'EXPIRED' THEN {HAS["expiries"]} + {HAS["refunds"]} + {came("EXPIRED")} = 0
                    WHEN 'REVOKED' THEN {HAS["revocations"]} + {came("REVOKED")} = 0
                    WHEN 'REFUNDED' THEN {HAS["refunds"]} + {came("REFUNDED")} = 0
                    ELSE {HAS["supersessions"]} + {came("SUPERSEDED")} = 0 END
                    OR {HAS["revocations"]} > 0 AND purchase.status <> 'REVOKED' OR {HAS["revocations"]} > 1
                    OR {HAS["expiries"]} > 1 + {HAS["revivals"]} + {HAS["comebacks"]} + {HAS["moves"]}""",
                "Its history says otherwise: each end has its entry, and what ended is not ACTIVE.",
                (*STATES, *(f"history.{name}" for name in HAS)),
            ),
            Check(
                f"""purchase.ended_at IS NOT NULL AND ({w.is_before("purchase.ended_at", "purchase.created_at")}
                    OR purchase.ended_at > :latest OR {HAS["revivals"]} + {HAS["comebacks"]} = 0
                    AND (SELECT count(*) FROM audit_entry AS ending WHERE ending.subject_id = purchase.id
                    AND ending.at = purchase.ended_at AND ending.action IN {ENDING}) = 0
                    AND {imported_as(w, f"{{endedAt}} = {w.iso('purchase.ended_at')}")} = 0)""",
                "ended_at must be when its history has its end.",
                STATES,
            ),
        ),
    )
