"""What must be true of the record of a session: under which purchase it was held, and who said so."""

from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.services.verification.model import Check, Invariant, Related, Table
from gateway.services.verification.tables.uniques import SESSIONS
from gateway.services.verification.words import SKEW_US, Words

RECORD = (
    "recorded_session.purchase_id",
    "recorded_session.number",
    "recorded_session.held_at",
    "recorded_session.recorded_at",
    "recorded_session.recorded_by_id",
    "recorded_session.recorded_by_role",
    "recorded_session.withdrawn_at",
)


def recorded_sessions(w: Words) -> Table:
    joined = (Related("bought", "purchase", "bought.id = recorded_session.purchase_id"),)
    return Table("recorded_session", ("id",), joined, (SESSIONS, _itself(w), _told(w)))


def _itself(w: Words) -> Invariant:
    held, recorded, withdrawn = (f"recorded_session.{name}_at" for name in ("held", "recorded", "withdrawn"))
    return Invariant(
        "A recorded session was held under a purchase, before it was recorded.",
        "recorded_session",
        "What the purchase's history says of it is right. Correct the row by that.",
        (
            Check(
                f"bought.id IS NULL OR recorded_session.number < 1 OR {w.is_no_uuid7('recorded_session.id')}",
                "An id is a UUIDv7, the number at least 1, and the purchase is there.",
                RECORD,
            ),
            Check(
                f"""recorded_session.recorded_by_role NOT IN ('SERVICE', 'ADMIN')
                    OR length(recorded_session.recorded_by_id) NOT BETWEEN 1 AND {LONGEST_SUBJECT}""",
                "A service or an admin recorded it, whose id is there.",
                RECORD,
            ),
            Check(
                f"""{recorded} > :latest OR {withdrawn} > :latest OR {held} > {w.after(recorded, SKEW_US)}
                    OR {w.is_before(recorded, "bought.created_at")} OR {w.is_before(withdrawn, recorded)}""",
                "It was held, recorded and withdrawn in this order, before now, and recorded once the purchase stood.",
                (*RECORD, "bought.created_at"),
            ),
        ),
    )


def _told(w: Words) -> Invariant:
    def entries(condition: str) -> str:
        number = w.entry("told.changes", "number")
        return f"""(SELECT count(*) FROM audit_entry AS told WHERE told.subject_id = recorded_session.purchase_id
            AND {number} = CAST(recorded_session.number AS TEXT) AND {condition})"""

    held = f"{w.entry('told.changes', 'heldAt')} = {w.iso('recorded_session.held_at')}"
    recorded = f"""told.action = 'purchase.session_recorded' AND told.at = recorded_session.recorded_at
        AND told.actor_id = recorded_session.recorded_by_id AND told.actor_role = recorded_session.recorded_by_role
        AND {held}"""
    withdrawn = "told.action = 'purchase.session_withdrawn' AND told.at = recorded_session.withdrawn_at"
    later = "told.action = 'purchase.session_withdrawn' AND told.at > recorded_session.recorded_at"
    return Invariant(
        "A recorded session is in its purchase's history: who recorded it, when it was held, and whether it counts.",
        "recorded_session",
        "Nobody but the gateway writes histories. Find out who changed the record, or took an entry away.",
        (
            Check(
                f"{entries(recorded)} = 0",
                "The history has a purchase.session_recorded entry of its number, moment, actor and time.",
                RECORD,
            ),
            Check(
                f"recorded_session.withdrawn_at IS NOT NULL AND {entries(withdrawn)} = 0",
                "It was withdrawn, and the history has no purchase.session_withdrawn entry of that moment.",
                RECORD,
            ),
            Check(
                f"recorded_session.withdrawn_at IS NULL AND {entries(later)} > 0",
                "It counts, and yet the history says that it was withdrawn since.",
                RECORD,
            ),
            Check(
                f"""{entries("told.action = 'purchase.session_recorded'")}
                    - {entries("told.action = 'purchase.session_withdrawn'")}
                    <> CASE WHEN recorded_session.withdrawn_at IS NULL THEN 1 ELSE 0 END""",
                "The history has it recorded once more often than withdrawn where it counts, else as often.",
                RECORD,
            ),
        ),
    )
