"""Histories: a page of the audit entries of each of many subjects, by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import Dialect, Integer, case, false, func, or_, select, type_coerce

from db.compiled import Raw, Statement
from db.keys import Among
from db.statements import AUDIT
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.reading.windows import MOST, Order, View, in_order, page_of
from gateway.services.rows.kinds import ENTRIES

ORDER = Order(AUDIT.c.id)
SUBJECTS = Among(AUDIT.c.subject_id)


@dataclass(frozen=True, slots=True)
class Histories:
    """Finds the same window of the histories of many subjects, see `gateway.services.reading.reader`."""

    window: Window

    @property
    def absent(self) -> Page[AuditEntry]:
        return page_of(ORDER, self.window, [], has_up_to=False, has_from=False)

    @property
    def is_brief(self) -> bool:
        return False  # a history may be as long as it likes

    @property
    def statement(self) -> Statement:
        return _statement(View.of(self.window))

    def parameters(self, keys: Sequence[UUID], dialect: Dialect) -> dict[str, object]:
        return {**ORDER.parameters(self.window), **SUBJECTS.parameters(keys, dialect)}

    def asked(self, keys: Sequence[UUID], dialect: Dialect) -> tuple[str, Sequence[object]]:
        compiled = self.statement.on(dialect)
        return compiled.sql, compiled.bound(self.parameters(keys, dialect))

    def single(self, dialect: Dialect) -> None:
        return None  # it is not brief

    def found(self, rows: Sequence[Raw], dialect: Dialect) -> Mapping[UUID, Page[AuditEntry]]:
        rows = in_order(ORDER, self.window, rows, ENTRIES.columns)
        entries = ENTRIES.on(dialect).views(rows)
        inside: dict[UUID, list[AuditEntry]] = {entry.subject_id: [] for entry in entries}
        up_to, from_ = set[UUID](), set[UUID]()
        for entry, (*_, is_up_to, is_from) in zip(entries, rows, strict=True):
            if is_up_to:
                up_to.add(entry.subject_id)
            if is_from:
                from_.add(entry.subject_id)
            if not (is_up_to or is_from):
                inside[entry.subject_id].append(entry)
        return {
            subject_id: page_of(ORDER, self.window, shown, has_up_to=subject_id in up_to, has_from=subject_id in from_)
            for subject_id, shown in inside.items()
        }


@lru_cache
def _statement(view: View) -> Statement:
    """For each subject, the entries of the window and one more, and one entry beyond each of its bounds, which are
    marked by the last two columns."""
    sides = [false() if side is None else side for side in (view.up_to(ORDER), view.from_(ORDER))]
    is_up_to, is_from = (type_coerce(side, Integer) for side in sides)
    number = func.row_number().over(partition_by=[AUDIT.c.subject_id, *sides], order_by=view.counting(ORDER))
    marks = [is_up_to.label("is_up_to"), is_from.label("is_from"), number.label("number")]
    each = ENTRIES.select.add_columns(*marks).where(SUBJECTS).subquery("each")
    *shown, counted = each.c
    most = case((or_(each.c.is_up_to, each.c.is_from), 1), else_=MOST)
    return Statement(select(*shown).where(counted <= most))
