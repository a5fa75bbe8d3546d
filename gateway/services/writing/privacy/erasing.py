"""A student's id replaced by a pseudonym in every row, and people's words about them taken away, within one turn."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, bindparam, select

from db import notes
from db.compiled import Statement
from db.keys import Among
from db.saves import PERSONAL, Saves
from db.statements import AUDIT, JOB, PAYMENT, PURCHASE, RECORD, REFUND, SESSION
from db.writer import Writer
from gateway.services.core.model.privacy.erasure import Erasure
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.model.values import Provider
from gateway.services.core.rules.cases import of_intent
from gateway.services.core.rules.privacy.erasing import kept_changes, kept_note, kept_payload, kept_text
from gateway.services.core.rules.privacy.naming import is_named
from gateway.services.rows.audit import key_columns

AT_ONCE = 1_000
"""Rows that are read by one statement."""

Columns = Mapping[str, Any]


def erase(writer: Writer, saves: Saves, erasure: Erasure) -> None:
    """Every row of the student's, of the audit and of jobs that are about them, and the notes of the change feed."""
    Rewriting(writer, saves, erasure).run()


class Rewriting:
    """One erasure in one transaction."""

    def __init__(self, writer: Writer, saves: Saves, erasure: Erasure) -> None:
        self._writer, self._saves, self._erasure = writer, saves, erasure

    def run(self) -> None:
        if not self._erasure.is_of_keys:
            self._rewrite_books()
        self._rewrite_records()

    def _rewrite_books(self) -> None:
        payments = list(self._rows(_PAYMENTS, student=self._erasure.student_id))
        purchases = list(self._rows(_PURCHASES, student=self._erasure.student_id))
        payment_ids = [row["id"] for row in payments]
        refunds = list(self._among(_REFUNDS, _OF_PAYMENTS, payment_ids))
        self._write(PAYMENT, payments, self._payment)
        self._write(PURCHASE, purchases, self._purchase)
        self._write(REFUND, refunds, self._refund)
        purchase_ids = [row["id"] for row in purchases]
        self._write(SESSION, self._among(_SESSIONS, _OF_PURCHASES, purchase_ids), self._session)
        subjects = [*payment_ids, *purchase_ids, *(row["id"] for row in refunds)]
        self._write(AUDIT, self._among(_AUDIT, _OF_SUBJECTS, subjects), self._entry)
        intents = [of_intent(Provider(row["provider"]), row["reference"]) for row in payments if row["reference"]]
        self._write(JOB, self._among(_JOBS, _ABOUT, [*subjects, *intents]), self._job)
        whose = (self._erasure.student_id, self._erasure.pseudonym)
        notes.rewrite(self._writer, partial(_kept_note, whose))

    def _payment(self, row: Columns) -> Columns:
        why = kept_text(row["failure_message"])
        return {"student_id": self._erasure.pseudonym, "labels": [], "failure_message": why}

    def _purchase(self, row: Columns) -> Columns:
        return {"student_id": self._erasure.pseudonym, "labels": [], "created_by_id": self._actor(row["created_by_id"])}

    def _refund(self, row: Columns) -> Columns:
        return {
            "reason": kept_text(row["reason"]),
            "requested_by_id": self._actor(row["requested_by_id"]),
            "failure_message": kept_text(row["failure_message"]),
        }

    def _session(self, row: Columns) -> Columns:
        return {"recorded_by_id": self._actor(row["recorded_by_id"])}

    def _entry(self, row: Columns) -> Columns:
        if row["action"] == "student.erased":
            return row  # which says by whom and why, and names nobody
        changes = kept_changes(row["changes"], self._erasure.student_id, self._erasure.pseudonym)
        return {"actor_id": self._actor(row["actor_id"]), "reason": kept_text(row["reason"]), "changes": changes}

    def _job(self, row: Columns) -> Columns:
        payload = kept_payload(row["payload"], self._erasure.student_id, self._erasure.pseudonym)
        return {"payload": payload, "last_error": kept_text(row["last_error"])}

    def _actor(self, actor_id: str) -> str:
        return self._erasure.pseudonym if actor_id == self._erasure.student_id else actor_id

    def _rewrite_records(self) -> None:
        """The student's own keys go, and those of others that name them. Of others' calls about them the fingerprint
        would tell who tries all ids which one it was: without it the key stays, and is of no call."""
        student_id, is_done = self._erasure.student_id, self._erasure.is_of_keys
        own = [] if is_done else [IdempotencyKey(**row) for row in self._rows(_OWN_RECORDS, student=student_id)]
        others = [each for each in self._erasure.records if each.actor_id != self._erasure.student_id]
        naming = [each for each in others if is_named(self._erasure.student_id, each.key)]
        self._saves.drop_records.run(self._writer, map(key_columns, (*own, *naming)))
        rest = self._among(_RECORDS, _OF_KEYS, [(each.actor_id, each.operation, each.key) for each in others])
        self._write(RECORD, rest, _without_fingerprint)

    def _write(self, table: Table, rows: Iterable[Columns], fresh: Callable[[Columns], Columns]) -> None:
        keys = [column.name for column in table.primary_key]
        names = PERSONAL[table]
        changed = []
        for row in rows:
            written = {name: value for name, value in fresh(row).items() if name in names}
            if any(row[name] != value for name, value in written.items()):
                changed.append({**{name: row[name] for name in (*keys, *names)}, **written})
        self._saves.erase[table].run(self._writer, changed)

    def _among(self, statement: Statement, among: Among, keys: Sequence[UUID | tuple[str, ...]]) -> Iterator[Columns]:
        for start in range(0, len(keys), AT_ONCE):
            some = keys[start : start + AT_ONCE]
            yield from self._rows(statement, **among.parameters(some, self._writer.dialect))

    def _rows(self, statement: Statement, **given: object) -> Iterator[Columns]:
        on, names = statement.on(self._writer.dialect), statement.select.selected_columns.keys()
        for raw in self._writer.fetch(on.sql, on.bound(given)):
            yield dict(zip(names, on.read(raw), strict=True))


def _without_fingerprint(row: Columns) -> Columns:
    return {"fingerprint": secrets.token_bytes(len(row["fingerprint"]))}


def _kept_note(whose: tuple[str, str], body: dict[str, Any]) -> dict[str, Any]:
    return kept_note(body, *whose)


def _read(table: Table, *more: str) -> Select[Any]:
    """What an erasure reads of each row of a table: its key, and what it may write."""
    keys = [column.name for column in table.primary_key]
    return select(*(table.c[name] for name in dict.fromkeys((*keys, *PERSONAL[table], *more))))


_STUDENT = bindparam("student", type_=PAYMENT.c.student_id.type)
_PAYMENTS = Statement(_read(PAYMENT, "provider", "reference").where(PAYMENT.c.student_id == _STUDENT))
_PURCHASES = Statement(_read(PURCHASE).where(PURCHASE.c.student_id == _STUDENT))
_OF_PAYMENTS, _OF_SUBJECTS, _ABOUT = Among(REFUND.c.payment_id), Among(AUDIT.c.subject_id), Among(JOB.c.subject_id)
_OF_PURCHASES = Among(SESSION.c.purchase_id)
_SESSIONS = Statement(_read(SESSION).where(_OF_PURCHASES))
_REFUNDS = Statement(_read(REFUND).where(_OF_PAYMENTS))
_AUDIT = Statement(_read(AUDIT, "action").where(_OF_SUBJECTS))
_JOBS = Statement(_read(JOB).where(_ABOUT))
_OF_KEYS = Among(*RECORD.primary_key)
_RECORDS = Statement(_read(RECORD).where(_OF_KEYS))
_OWN_RECORDS = Statement(select(*RECORD.primary_key).where(RECORD.c.actor_id == _STUDENT))
