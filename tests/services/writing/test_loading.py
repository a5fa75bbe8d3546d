"""What a turn loads: each kind of key that a command may have is looked up, and nothing else is asked."""

from collections.abc import Callable
from dataclasses import fields

import pytest

from db.engine import writer_engine
from db.writer import open_writer
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.model.state import RowKeys
from gateway.services.writing.loading import load
from tests.service import heard
from tests.services.core.examples import COURSE, PAYMENT, PURCHASE, STUDENT

KEYS: dict[str, object] = {
    "references": ("STRIPE", "pi_1"),
    "references_with_refunds": ("STRIPE", "pi_1"),
    "event_names": ("STRIPE", "evt_1"),
    "pairs": (STUDENT.id, COURSE.id),
    "whole_pairs": (STUDENT.id, COURSE.id),
    "idempotency_keys": (STUDENT.id, "createPayment", "k"),
    "sessions": (PURCHASE.id, 1),
    "students": (STUDENT.id, PURCHASE.id),
}
"""A key of each kind that is no id."""


def statements_for(url: str, keys: RowKeys, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many statements a turn asks for a command with these keys, where the database is empty."""
    monkeypatch.setattr(LapsePurchases, "keys", lambda _: keys)
    engine, asked = writer_engine(url), list[str]()
    writer = open_writer(engine)
    with heard(engine, asked.append):
        load(writer, [LapsePurchases(())])
    writer.close()
    return len(asked)


@pytest.mark.parametrize("kind", [each.name for each in fields(RowKeys)])
def test_every_kind_of_key_is_looked_up(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A kind that were not would leave decisions to an empty state."""
    keys = RowKeys(**{kind: {KEYS.get(kind, PAYMENT.id)}})  # type: ignore[arg-type]  # a key of its kind
    assert statements_for(new_sqlite(), keys, monkeypatch) >= 1


def test_without_keys_nothing_is_asked(new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert statements_for(new_sqlite(), RowKeys(), monkeypatch) == 0
