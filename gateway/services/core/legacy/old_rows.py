"""A row of an old system's database, read into the purchase that it means, or into each field that is wrong and why.

A row is loose: texts, numbers or JSON, as a CSV file, a JSON line or a query has them. Its metadata is read by the
rules of the other old callers' JSON; nothing is guessed.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.legacy import old_values
from gateway.services.core.legacy.body import BESIDE, KNOWN, PLATFORM_TIME_ZONE, read_metadata, read_tier, zone_of
from gateway.services.core.legacy.values import Unclear, is_blank, label_text, whole
from gateway.services.core.model.imports.old_purchase import OldPayment, OldPurchase
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import Money
from gateway.services.core.rules.inputs.free_entries import keep
from gateway.services.core.rules.inputs.subjects import trimmed

NEVER = "never"

Value = TypeVar("Value")
CourseIdOf = Callable[[str], UUID | None]


@dataclass(frozen=True, slots=True)
class RowReader:
    """How rows of one source are read.

    Args:
        course_id_of: the id that a text means; None where it means none.
        time_zone: that of slots whose row names none.
        times_in: the time zone of times that are written without an offset; None where such are refused.
    """

    course_id_of: CourseIdOf
    time_zone: str = PLATFORM_TIME_ZONE
    times_in: str | None = None

    def read(self, raw: Mapping[str, object]) -> OldPurchase | list[FieldProblem]:
        """The purchase that a row means; or each problem by the field's name."""
        return _Row(raw, self).purchase()


class _Row:
    """Reads the fields of one row and notes each problem, so that all are named at once."""

    def __init__(self, raw: Mapping[str, object], reader: RowReader) -> None:
        self.reader = reader
        self.problems: list[FieldProblem] = []
        self.raw = raw
        self._entries = self.read("metadata", old_values.json_object) or {}
        self._zone = reader.time_zone

    def purchase(self) -> OldPurchase | list[FieldProblem]:
        metadata, cleaned, left_out = self._metadata()
        self._zone = zone_of(metadata, self.reader.time_zone)
        tier = read_tier({name: self._given(name) for name in ("purchaseTier", "sessionCount")})
        has_entries = not self.problems  # what cannot be read may have what seems to be missing
        for each in (metadata, tier):
            self.problems += each if isinstance(each, list) and has_entries else []
        old_id, student_id = self.need("oldId", old_values.row_id), self.need("studentId", old_values.row_id)
        course_id = self.need("courseId", self._course_id)
        created_at = self.need("createdAt", self._begin)
        ends = self.read("expiresAt", self._end) or self.read("expiryDate", self._end)
        status, starts_at = self.read("status", old_values.status), self.read("startsAt", self._begin)
        ended_at, supersedes = self.read("endedAt", self._begin), self.read("supersedes", old_values.row_id)
        total, used = self.read("sessionsTotal", whole), self.read("sessionsUsed", whole)
        payment = self._payment()
        if self.problems or isinstance(metadata, list) or isinstance(tier, list):
            return self.problems
        assert course_id is not None, "it was read, or is a problem"
        assert created_at is not None, "and so was this"
        return OldPurchase(
            old_id=old_id or "",
            student_id=student_id or "",
            course_id=course_id,
            tier=tier,
            metadata=metadata,
            created_at=created_at,
            status=status,
            starts_at=starts_at,
            expires_at=ends if isinstance(ends, dt.datetime) else None,
            is_endless=ends == NEVER,
            sessions_total=total,
            sessions_used=used or 0,
            ended_at=ended_at,
            supersedes=supersedes,
            payment=payment,
            cleaned=cleaned,
            left_out=left_out,
        )

    def read(self, name: str, read: Callable[[object], Value]) -> Value | None:
        value = self._given(name)
        if is_blank(value):
            return None
        try:
            return read(value)
        except Unclear as unclear:
            self.problems.append(FieldProblem((name, *unclear.path), str(unclear)))
            return None

    def need(self, name: str, read: Callable[[object], Value]) -> Value | None:
        if is_blank(self._given(name)):
            self.problems.append(FieldProblem((name,), "is required"))
        return self.read(name, read)

    def _given(self, name: str) -> object:
        """The field, or the entry of the metadata that old services put there as well."""
        value = self.raw.get(name)
        if name in BESIDE and is_blank(value):
            return self._entries.get(name)
        return value

    def _metadata(self) -> tuple[Metadata | list[FieldProblem], tuple[str, ...], tuple[str, ...]]:
        """The metadata, with the free entries that are not as they were written, and those that could not be kept."""
        entries = {name: value for name, value in self._entries.items() if name in KNOWN}
        entries |= {name: self.raw[name] for name in KNOWN if name in self.raw and not is_blank(self.raw[name])}
        said = read_metadata(entries, self.reader.time_zone)
        if isinstance(said, list) or self._entries.keys() <= KNOWN:
            return said, (), ()
        texts, unkept = dict[str, str](), list[str]()
        for name in self._entries.keys() - KNOWN:
            try:
                texts[name] = "" if (value := self._entries[name]) is None else label_text(value)
            except Unclear:
                unkept.append(name)
        kept = keep(texts)
        return replace(said, labels=kept.labels), kept.cleaned, (*kept.left_out, *sorted(unkept))

    def _payment(self) -> OldPayment | None:
        reference = self.read("paymentReference", old_values.row_id)
        currency = self.read("currency", old_values.currency_code)
        if reference is None:
            if self._money("amount", "amountMinor", currency or "INR"):
                what = "is required where an amount is given; where nobody paid, leave both empty"
                self.problems.append(FieldProblem(("paymentReference",), what))
            return None
        provider = self.need("provider", old_values.provider)
        if currency is None:
            if is_blank(self._given("currency")):
                self.problems.append(FieldProblem(("currency",), "is required where paymentReference is given"))
            return None
        amount = self._money("amount", "amountMinor", currency)
        refunded = self._money("refundedAmount", "refundedMinor", currency)
        if amount is None and not self.problems:
            self.problems.append(FieldProblem(("amount",), "is required where paymentReference is given"))
        attempt, refund = (
            self.read("paymentAttempt", old_values.row_id),
            self.read("refundReference", old_values.row_id),
        )
        refunded_at = self.read("refundedAt", self._begin)
        if provider is None or amount is None:
            return None
        return OldPayment(provider, reference, Money(amount, currency), attempt, refunded, refund, refunded_at)

    def _money(self, name: str, minor_name: str, currency: str) -> int | None:
        """An amount in minor units, given in either way; where it is given in both, they must agree."""
        minor = self.read(minor_name, old_values.minor_units)
        major = self.read(name, lambda value: old_values.amount_minor(value, currency))
        if minor is not None and major not in (None, minor):
            self.problems.append(FieldProblem((minor_name,), f"is {minor}, and {name} is {major} minor units"))
        return major if minor is None else minor

    def _course_id(self, value: object) -> UUID:
        course_id = self.reader.course_id_of(trimmed(str(value)))
        if course_id is None:
            raise Unclear("must be the id of a course here: crs_…, or its UUID; the mapping may turn old ids into it")
        return course_id

    def _begin(self, value: object) -> dt.datetime:
        """A moment; a day means its beginning in the slot's time zone."""
        return old_values.moment(value, self.reader.times_in, self._zone, is_end=False)

    def _end(self, value: object) -> dt.datetime | str:
        """The moment of an end, the end of a day, or never."""
        if isinstance(value, str) and value.strip().lower() == NEVER:
            return NEVER
        return old_values.moment(value, self.reader.times_in, self._zone, is_end=True)
