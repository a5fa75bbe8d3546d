"""`gateway report reconciliation`: the figures of each day, to be laid beside the provider's own reports."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from gateway.cli.databases import May, make_ready
from gateway.cli.exporting import spans
from gateway.cli.exporting.snapshots import snapshot
from gateway.cli.support.words import whole_units
from gateway.services.extracts.reconciliation import (
    CAPTURED,
    DISPUTES_LOST,
    FIGURES,
    GRANTED,
    REFUNDED,
    Group,
    Sum,
    reconciled,
)
from gateway.settings.model import Settings, SettingsError

MOST_DAYS = 366
NET = "netMinor"
"""What was captured, less what went back by refunds and by disputes."""


class Form(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a day, a provider and a currency. `day` is None in a sum of all days."""

    day: date | None
    provider: str
    currency: str
    sums: Mapping[str, Sum]

    @property
    def net_minor(self) -> int:
        back = self[REFUNDED.name].amount_minor + self[DISPUTES_LOST.name].amount_minor
        return self[CAPTURED.name].amount_minor - back

    def __getitem__(self, name: str) -> Sum:
        return self.sums.get(name, Sum())


def report(settings: Settings, begins: str, ends: str | None, zone_name: str, form: Form) -> str:
    """The figures of each day in that form. Raises: SettingsError."""
    zone = spans.zone(zone_name)
    first = spans.day("--from", begins)
    last = spans.today(zone) if ends is None else spans.day("--to", ends)
    days = list(_days(first, last, zone))
    make_ready(settings, May.LOOK)
    with snapshot(settings) as connection:
        found = reconciled(connection, [(day, *_bounds(day, zone)) for day in days])
    rows = [Row(*group, sums) for group, sums in found.items()]
    totals = [Row(None, *pair, sums) for pair, sums in _totals(found).items()]
    match form:
        case Form.CSV:
            return _csv(rows)
        case Form.JSON:
            return _json(rows, totals, first, last, zone_name)
        case Form.TABLE:
            return _table(rows, totals, first, last, zone_name)


def described() -> Iterator[str]:
    """Each figure with its meaning, as a table."""
    yield "| figure | meaning |"
    yield "|---|---|"
    for figure in FIGURES:
        yield f"| `{figure.name}` | {figure.meaning} |"
    yield f"| `{NET}` | `captured` less `refunded` and `disputesLost`. |"


def described_as_object() -> Mapping[str, object]:
    """The same for a program."""
    net = {"name": NET, "meaning": "`captured` less `refunded` and `disputesLost`."}
    return {"figures": [*({"name": each.name, "meaning": each.meaning} for each in FIGURES), net]}


def _days(first: date, last: date, zone: ZoneInfo) -> Iterator[date]:
    """Raises: SettingsError, where there are none, or too many."""
    count = (last - first).days + 1
    if count < 1:
        raise SettingsError(f"--from is {first}, which is after {last}: nothing lies between them.")
    if count > MOST_DAYS:
        raise SettingsError(f"These are {count} days; ask for {MOST_DAYS} at most.")
    yield from (first + timedelta(days=number) for number in range(count))


def _bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return spans.midnight(day, zone), spans.midnight(day + timedelta(days=1), zone)


def _totals(found: Mapping[Group, Mapping[str, Sum]]) -> Mapping[tuple[str, str], Mapping[str, Sum]]:
    """Of all days, by provider and currency."""
    totals: dict[tuple[str, str], dict[str, Sum]] = {}
    for (_, provider, currency), sums in sorted(found.items(), key=lambda each: each[0][1:]):
        of_pair = totals.setdefault((provider, currency), {})
        for name, each in sums.items():
            of_pair[name] = of_pair.get(name, Sum()) + each
    return totals


def _csv(rows: Iterable[Row]) -> str:
    """Every column in every row; amounts in minor units."""
    lines = io.StringIO(newline="")
    out = csv.writer(lines)
    with_money = [figure.name for figure in FIGURES if figure.amount]
    columns = [f"{name}{what}" for name in with_money for what in ("Count", "Minor")]
    out.writerow(["day", "provider", "currency", *columns, NET, f"{GRANTED.name}Count"])
    for row in rows:
        sums = [part for name in with_money for part in (row[name].count, row[name].amount_minor)]
        out.writerow([row.day, row.provider, row.currency, *sums, row.net_minor, row[GRANTED.name].count])
    return lines.getvalue()


def _json(rows: Sequence[Row], totals: Sequence[Row], first: date, last: date, zone: str) -> str:
    whole = {
        "from": str(first),
        "to": str(last),
        "zone": zone,
        "days": [{"day": str(row.day), **_object(row)} for row in rows],
        "totals": [_object(row) for row in totals],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _object(row: Row) -> dict[str, object]:
    if not row.provider:
        return {"provider": None, "currency": None, GRANTED.name: {"count": row[GRANTED.name].count}}
    sums = {
        figure.name: {"count": row[figure.name].count, "amountMinor": row[figure.name].amount_minor}
        for figure in FIGURES
        if figure.amount
    }
    return {"provider": row.provider, "currency": row.currency, **sums, NET: row.net_minor}


def _table(rows: Sequence[Row], totals: Sequence[Row], first: date, last: date, zone: str) -> str:
    """For a person: amounts in whole units of their currency, each with the number of what it sums."""
    shown = [figure for figure in FIGURES if any(row[figure.name].count for row in rows)]
    table = Table(title=f"Money by day, {first} to {last} ({zone})", box=None, title_justify="left", pad_edge=False)
    for name in ("day", "provider", "currency", *(figure.name for figure in shown), "net"):
        table.add_column(name, justify="left" if name in ("day", "provider", "currency") else "right", no_wrap=True)
    for row in (*rows, *totals):
        if row.day is None and row is totals[0]:
            table.add_section()
        cells = (_cell(row[figure.name], row.currency) for figure in shown)
        net = whole_units(row.net_minor, row.currency) if row.currency else ""
        table.add_row(str(row.day or "all days"), row.provider or "none", row.currency, *cells, net)
    lines = io.StringIO()
    Console(file=lines, width=400).print(table if rows else f"Nothing happened, {first} to {last} ({zone}).")
    return "\n".join(line.rstrip() for line in lines.getvalue().splitlines()) + "\n"


def _cell(total: Sum, currency: str) -> str:
    if not total.count:
        return ""
    return f"{total.count} · {whole_units(total.amount_minor, currency)}" if currency else str(total.count)
