"""Writes the database of an old course platform as a CSV file, to be brought over by `gateway import purchases`.

    python -m bench.old_system [--purchases 100000] [--faults 0] [--seed 1] old.csv

Its courses are those of the demo (`gateway seed`), its columns are ours, its times have no offset (`--times-in UTC`).
Of the students some have several courses, some renewed, some were refunded, revoked, or let it expire. The same
arguments give the same file. With --faults, so many rows of each kind of fault are strewn in: `FAULTS` has them by
name.
"""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from gateway.pages.demo_catalogue import COURSES, TIERS
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Tier

HEADER = (
    *("oldId", "studentId", "courseId", "purchaseTier", "createdAt", "expiresAt", "status", "endedAt", "sessionsUsed"),
    *("supersedes", "provider", "paymentReference", "amount", "currency", "refundedAmount", "refundedAt", "metadata"),
)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
"""When the old system was left. What it says is older than that, and some of it ends later."""
SLOTS = ("17:30", "5:30 PM - 6:30 PM", "07:00-08:00", "18:15")
Row = dict[str, object]


def rows(many: int, seed: int) -> Iterator[Row]:
    """The purchases, the oldest ids first; a renewal follows the one that it took the place of."""
    draw, number = random.Random(seed), 0  # noqa: S311  rows, and no secrets
    courses = [ids.to_text(ids.COURSE, course_id) for course_id in COURSES]
    student = 0
    while number < many:
        student += 1
        for course in draw.sample(courses, draw.choices((1, 2), (9, 1))[0]):
            tier = draw.choice(TIERS)
            first = _row(draw, number := number + 1, f"student-{student}", course, tier)
            if draw.random() < 0.1 and number < many:
                number += 1
                yield from _renewed(draw, first, number)
            else:
                yield _ended(draw, first)
            if number >= many:
                return


def _row(draw: random.Random, number: int, student: str, course: str, tier: Tier) -> Row:
    begun = NOW - timedelta(days=draw.randrange(1, 700), seconds=draw.randrange(86_400))
    code, sessions, price = tier.code, tier.session_count, tier.price
    is_sunday = draw.random() < 0.5
    slot = draw.choice(SLOTS)
    said: Row = {"isSundayOnly": draw.choice((is_sunday, str(is_sunday).lower())), "timeSlot": slot}
    if "-" not in slot:
        said["sessionDuration"] = draw.choice((45, 60, "60"))
    if draw.random() < 0.2:
        said["teacher"] = draw.choice(("Asha", "Ravi", "Méline"))
    row: Row = {
        "oldId": number,
        "studentId": student,
        "courseId": course,
        "purchaseTier": code,
        "createdAt": f"{begun:%Y-%m-%d %H:%M:%S}",
        "sessionsUsed": draw.randrange(sessions + 1),
        "metadata": json.dumps(said, ensure_ascii=False),
    }
    if draw.random() < 0.85:
        row |= {
            "provider": draw.choice(("STRIPE", "RAZORPAY")),
            "paymentReference": f"pi_old{number:09}",
            "amount": f"{price.amount_minor / 100:.2f}",
            "currency": price.currency,
        }
    return row


def _ended(draw: random.Random, row: Row) -> Row:
    begun = datetime.fromisoformat(str(row["createdAt"])).replace(tzinfo=UTC)
    later = begun + (NOW - begun) * draw.random()
    at, kind = f"{later:%Y-%m-%d %H:%M:%S}", draw.random()
    if kind < 0.05 and "amount" in row:
        row |= {"status": "refunded", "endedAt": at, "refundedAmount": row["amount"], "refundedAt": at}
    elif kind < 0.08 and "amount" in row:
        row |= {"refundedAmount": "100.00", "refundedAt": at}
    elif kind < 0.12:
        row |= {"status": "REVOKED", "endedAt": at}
    elif kind < 0.2:
        row |= {"expiresAt": f"{NOW + timedelta(days=draw.randrange(30, 400)):%Y-%m-%d}"}
    elif kind < 0.25:
        row |= {"expiresAt": "never"}
    return row


def _renewed(draw: random.Random, first: Row, number: int) -> Iterator[Row]:
    begun = datetime.fromisoformat(str(first["createdAt"])).replace(tzinfo=UTC)
    later = begun + (NOW - begun) * draw.random()
    yield {**first, "status": "SUPERSEDED", "endedAt": f"{later:%Y-%m-%d %H:%M:%S}"}
    reference = {"paymentReference": f"pi_old{number:09}"} if "amount" in first else {}
    yield {
        **first,
        "oldId": number,
        "createdAt": f"{later:%Y-%m-%d %H:%M:%S}",
        "supersedes": first["oldId"],
        **reference,
    }


def line_of(row: Row) -> bytes:
    """A row as CSV has it."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([row.get(name, "") for name in HEADER])
    return written.getvalue().encode()


def _but(**changes: object) -> Callable[[Row], bytes]:
    return lambda row: line_of({**row, **changes})


FAULTS: dict[str, Callable[[Row], bytes]] = {
    "bytes that are no UTF-8": lambda row: line_of({**row, "studentId": "Ren?e"}).replace(b"Ren?e", b"Ren\xe9e"),
    "NUL": _but(studentId="stu\0dent"),
    "no student": _but(studentId=""),
    "unknown course": _but(courseId="crs_01j0000000e008000000000zzz"),
    "no course's id": _but(courseId="yoga"),
    "unknown tier": _but(purchaseTier="GOLD"),
    "a day that is not": _but(createdAt="2026-02-31 10:00:00"),
    "no date at all": _but(createdAt="yesterday"),
    "from the future": _but(createdAt="2090-01-01 00:00:00"),
    "ends before it begins": _but(createdAt="2026-05-01 00:00:00", expiresAt="2026-04-01", status="", endedAt=""),
    "more used than there are": _but(sessionsUsed=999_999),
    "no currency": _but(paymentReference="pi_fault", provider="STRIPE", amount="10.00", currency="RUPEES"),
    "half a paisa": _but(paymentReference="pi_fault", provider="STRIPE", amount="10.005", currency="INR"),
    "more back than was paid": _but(
        paymentReference="pi_fault", provider="STRIPE", amount="10.00", currency="INR", refundedAmount="11.00"
    ),
    "a huge field": _but(metadata=json.dumps({"isSundayOnly": True, "note": "x" * 200_000})),
    "a quote that is not closed": lambda row: line_of({**row, "metadata": ""}).rstrip() + b'"{""isSunday\n',
    "too few fields": lambda row: b",".join(line_of(row).split(b",")[:5]) + b"\n",
    "no JSON": _but(metadata="{isSundayOnly: true"),
    "no such status": _but(status="PAID"),
    "an id twice": _but(),
}
"""By what is wrong, a line made of a row that is right; the row itself is in the file as well."""


def write(path: Path, many: int, faults: int = 0, seed: int = 1) -> None:
    """Write the file: so many purchases that are right, so many lines of each kind of fault among them, and where there
    are faults a last line that is cut."""
    draw = random.Random(seed)  # noqa: S311  as above
    strewn = [make for make in FAULTS.values() for _ in range(faults)]
    draw.shuffle(strewn)
    every = max(1, many // (len(strewn) or 1))
    with path.open("wb") as file:
        file.write(("\ufeff" if faults else "").encode() + ",".join(HEADER).encode() + b"\n")
        for number, row in enumerate(rows(many, seed), 1):
            file.write(line_of(row))
            if strewn and number % every == 0:
                own = {} if strewn[-1] is FAULTS["an id twice"] else {"oldId": f"fault-{number}"}
                file.write(strewn.pop()({**row, **own}) + b"\n")
        if faults:
            file.write(line_of({**row, "oldId": "cut"})[:40])


def main(
    path: Annotated[Path, typer.Argument(help="The file to write.")],
    purchases: Annotated[int, typer.Option(min=1)] = 100_000,
    faults: Annotated[int, typer.Option(help="Rows of each kind of fault.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another one gives another file.")] = 1,
) -> None:
    """Write the purchases of an old platform as CSV."""
    write(path, purchases, faults, seed)


if __name__ == "__main__":
    typer.run(main)
