"""Commands and outcomes are plain values: the writer may one day live in a process of its own."""

import pickle
from datetime import UTC, datetime
from typing import get_args

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core import verdicts
from gateway.services.core.commands import (
    Command,
    ConfirmPayment,
    CreatePurchase,
    OpenPayment,
    RecordIntent,
    SaveCourse,
    TierChoice,
)
from gateway.services.core.outcomes import (
    ActiveExists,
    Busy,
    Confirmed,
    Conflicting,
    CourseSaved,
    Created,
    Declined,
    Difference,
    Duplicate,
    FieldProblem,
    Invalid,
    KeyReused,
    Missing,
    Opened,
    Outcome,
    Pending,
    ProviderAway,
    Unfulfillable,
)
from gateway.services.core.values import (
    Access,
    AccessStatus,
    Course,
    Failure,
    Money,
    Origin,
    Payment,
    Provider,
    Purchase,
    Purpose,
    Terms,
)
from tests.service import ADMIN, METADATA, TIERS, student

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ID = uuid7()
TERMS = Terms("BASIC", 1, 4, 90)
PRICE = Money(199_900, "INR")
COURSE = Course(ID, "Yoga", TIERS, NOW)
PAYMENT = Payment(
    ID,
    "student-1",
    ID,
    TERMS,
    PRICE,
    Purpose.RENEWAL,
    Provider.SANDBOX,
    METADATA,
    NOW,
    captured=PRICE,
    failure=Failure("lost_card", "No."),
)
PURCHASE = Purchase(
    ID, "student-1", ID, "BASIC", 1, Origin.ADMIN, ADMIN, METADATA, Access(AccessStatus.GRANTED, 4, 1, NOW, None), NOW
)
VERDICTS: tuple[verdicts.Verdict, ...] = (
    verdicts.Captured("a", PRICE, "student-1", ID),
    verdicts.Processing("a", 2),
    verdicts.AwaitingPayment(),
    verdicts.Declined("a", "lost_card", "No."),
    verdicts.Canceled(),
    verdicts.Unreachable(None, 2),
)
COMMANDS: tuple[Command, ...] = (
    OpenPayment(student(), ID, ID, TierChoice("BASIC", 4), METADATA, Provider.SANDBOX, Purpose.PURCHASE, "k"),
    RecordIntent(student(), ID, "sbx_1"),
    *(ConfirmPayment(student(), ID, ID, verdict, METADATA) for verdict in VERDICTS),
    CreatePurchase(ADMIN, ID, "student-1", ID, TierChoice("BASIC", None), METADATA, "a reason", NOW),
    SaveCourse(ADMIN, ID, True, "Yoga", TIERS),
)
OUTCOMES: tuple[Outcome, ...] = (
    Opened(PAYMENT, True, "secret"),
    Confirmed(PAYMENT, PURCHASE, False),
    Created(PURCHASE, False, replaced=PURCHASE),
    CourseSaved(COURSE, False),
    Pending(PAYMENT, 2, True),
    Declined(PAYMENT),
    Unfulfillable(PAYMENT),
    Duplicate(PAYMENT, PURCHASE),
    Conflicting((Difference("date", "none", "2026-12-06"),), PURCHASE),
    ActiveExists(PURCHASE, True),
    KeyReused("k"),
    Invalid((FieldProblem(("metadata", "date"), "no"),)),
    Missing("course"),
    Busy(),
    ProviderAway(60),
)


def test_every_kind_of_command_outcome_and_verdict_is_tried_here() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))
    assert {type(outcome) for outcome in OUTCOMES} == set(get_args(Outcome))
    assert {type(verdict) for verdict in VERDICTS} == set(get_args(verdicts.Verdict))


@pytest.mark.parametrize("value", [*COMMANDS, *OUTCOMES], ids=lambda value: type(value).__name__)
def test_a_command_or_an_outcome_crosses_a_process_border_unchanged(value: Command | Outcome) -> None:
    crossed = pickle.loads(pickle.dumps(value))
    assert crossed == value
    assert hash(crossed) == hash(value)
