"""What must be true of the tables of one row, and of the feed."""

from db.standing import HEAD
from gateway.services.verification.model import Check, Invariant, Table, Whole
from gateway.services.verification.words import Words


def installation(w: Words) -> Table:
    return Table(
        "installation",
        ("singleton",),
        (),
        (
            Invariant(
                "The installation has one id, which marks its intents at the providers.",
                "installation",
                "Restore the id from a backup: with another one, the provider's events of open checkouts are taken for"
                " somebody else's.",
                (
                    Check(
                        f"""installation.singleton <> 1 OR {w.version("installation.id")} NOT IN ('4', '7')
                            OR installation.histories_from IS NOT NULL
                            AND {w.version("installation.histories_from")} NOT IN ('0', '7')""",
                        "The one row has the key 1, and a random id; histories_from is a payment's id, or all zeros.",
                        ("installation.id", "installation.histories_from"),
                    ),
                ),
                whole=_single("installation"),
            ),
        ),
    )


def compatibility(w: Words) -> Table:
    return Table(
        "schema_compatibility",
        ("singleton",),
        (),
        (
            Invariant(
                "The schema says which releases may run on it.",
                "schema_compatibility",
                "Restore the row from a backup, or have it made by migrating a copy.",
                (
                    Check(
                        f"""schema_compatibility.singleton <> 1 OR length(schema_compatibility.oldest_code) <> 4
                            OR schema_compatibility.oldest_code NOT BETWEEN '0001' AND '{HEAD}'""",
                        "The oldest release is one that there was, as a migration's four digits.",
                        ("schema_compatibility.oldest_code",),
                    ),
                ),
                whole=_single("schema_compatibility"),
            ),
        ),
    )


def changes(w: Words) -> Table:
    return Table(
        "change",
        ("seq",),
        (),
        (
            Invariant(
                "Notes of the feed can be read by those who follow it.",
                "change",
                "Delete the note: it was for who waited then, and they subscribe again.",
                (
                    Check(
                        f"change.seq < 1 OR change.id IS NULL OR {w.is_not('change.body', 'object')}",
                        "A note has a number, an id and a JSON object.",
                        ("change.body",),
                    ),
                ),
            ),
        ),
    )


def _single(table: str) -> Whole:
    return Whole(f"SELECT '{table}' WHERE (SELECT count(*) FROM {table}) <> 1", "It must have exactly one row.")
