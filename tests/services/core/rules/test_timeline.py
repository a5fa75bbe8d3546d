"""The words of a payment's history: a dispute has its own for what a refund goes through."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import RefundOrigin
from gateway.services.core.rules.timeline import OF_DISPUTES, dispute_or
from tests.services.core.examples import REFUND

DISPUTE = replace(REFUND, origin=RefundOrigin.DISPUTE)


@pytest.mark.parametrize("action", OF_DISPUTES)
def test_a_dispute_has_words_of_its_own(action: str) -> None:
    assert dispute_or(DISPUTE, action) == OF_DISPUTES[action]
    assert dispute_or(REFUND, action) == dispute_or(replace(REFUND, origin=RefundOrigin.PROVIDER), action) == action


def test_what_has_no_other_word_is_said_of_a_dispute_as_well() -> None:
    assert dispute_or(DISPUTE, "payment.captured") == "payment.captured"
