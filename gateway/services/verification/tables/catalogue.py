"""What must be true of courses and their tiers."""

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, exponents
from gateway.services.core.rules.inputs.courses import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    LONGEST_VALIDITY_DAYS,
    MOST_SESSIONS,
    MOST_TIERS,
)
from gateway.services.verification.model import Check, Gathered, Invariant, Related, Table
from gateway.services.verification.words import Words, n, not_among

TIER = (
    "tier.session_count",
    "tier.price_minor",
    "tier.currency",
    "tier.validity_days",
    "tier.rank",
)
_SAVE = "saveCourse, as an admin, with the course as it should be."


def courses(w: Words) -> Table:
    last = """(SELECT saved.changes FROM audit_entry AS saved WHERE saved.subject_id = course.id
        ORDER BY saved.id DESC LIMIT 1)"""
    before, after = w.first_of("saved.changes", "description"), w.last_of("saved.changes", "description")
    described = f"""(SELECT saved.changes FROM audit_entry AS saved WHERE saved.subject_id = course.id
        AND coalesce({before}, {after}) IS NOT NULL ORDER BY saved.id DESC LIMIT 1)"""
    first = """(SELECT saved.at FROM audit_entry AS saved WHERE saved.subject_id = course.id
        ORDER BY saved.id LIMIT 1)"""
    ranked = """(SELECT sold.code FROM tier AS sold WHERE sold.course_id = course.id ORDER BY sold.rank)"""
    joined = (Gathered("sold", "tier", "course_id", {"tiers": "count(*)"}),)
    return Table(
        "course",
        ("id",),
        joined,
        (
            Invariant(
                "Every course is as it was last saved.",
                "course",
                _SAVE,
                (
                    Check(
                        f"""length(course.title) NOT BETWEEN 1 AND {LONGEST_TITLE}
                            OR {n("sold.tiers")} NOT BETWEEN 1 AND {MOST_TIERS}""",
                        f"A title has 1 to {LONGEST_TITLE} characters, a course 1 to {MOST_TIERS} tiers.",
                        ("course.title", "sold.tiers"),
                    ),
                    Check(
                        f"""length(course.description) NOT BETWEEN 1 AND {LONGEST_DESCRIPTION}
                            OR {w.differs(w.last_of(described, "description"), "course.description")}""",
                        f"A description has 1 to {LONGEST_DESCRIPTION} characters, and is that of the last"
                        " course.saved entry that changed it.",
                        ("course.description",),
                    ),
                    Check(
                        f"{w.differs(first, 'course.created_at')} OR course.created_at > :latest",
                        "It was created when it was first saved, before now.",
                        ("course.created_at",),
                    ),
                    Check(
                        f"""{w.differs(w.last_of(last, "title"), "course.title")}
                            OR {w.differs(w.last_list_of(last, "tiers"), w.array_of(ranked))}""",
                        "Its title, and the codes of its tiers by their rank, must be those of its last course.saved"
                        " entry.",
                        ("course.title",),
                    ),
                ),
            ),
        ),
    )


def tiers(w: Words) -> Table:
    return Table(
        "tier",
        ("course_id", "code"),
        (
            Related("course", "course", "course.id = tier.course_id"),
            Related(
                "same", "tier", "same.course_id = tier.course_id AND same.rank = tier.rank AND same.code > tier.code"
            ),
        ),
        (
            Invariant(
                "Every tier can be sold.",
                "tier",
                _SAVE,
                (
                    Check("course.id IS NULL", "There is no such course."),
                    Check(
                        f"NOT {w.is_code('tier.code', '_-', 1, 32)} OR tier.rank NOT BETWEEN 0 AND 1000"
                        " OR same.code IS NOT NULL",
                        "A code has 1 to 32 letters, digits, - or _; a rank is 0 to 1000, and no other tier's.",
                        TIER,
                    ),
                    Check(
                        f"""tier.session_count NOT BETWEEN 1 AND {MOST_SESSIONS}
                            OR tier.price_minor NOT BETWEEN 0 AND {HIGHEST_AMOUNT_MINOR}
                            OR {not_among("tier.currency", sorted(exponents()))}
                            OR tier.validity_days NOT BETWEEN 1 AND {LONGEST_VALIDITY_DAYS}""",
                        f"Sessions are 1 to {MOST_SESSIONS}, a price is 0 or more in a currency of ISO 4217, a validity"
                        f" 1 to {LONGEST_VALIDITY_DAYS} days or none.",
                        TIER,
                    ),
                ),
            ),
        ),
    )
