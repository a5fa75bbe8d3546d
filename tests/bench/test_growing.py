"""What a run on growing books asks for, and of what."""

from bench.growing import ASKED, Numbers, Plan
from bench.measuring import Pace
from bench.operations import OPERATIONS


def test_a_run_confirms_no_more_payments_than_were_opened_for_it() -> None:
    plan = Plan((10,), Pace(0.5, 1), rounds=3)
    numbers = Numbers(payments=100)
    taken = [
        (each.operation.name, numbers.take(each.operation, plan.requests()) + plan.requests())
        for _ in range(plan.rounds)
        for each in ASKED
    ]
    assert max(last for name, last in taken if name == "confirmPayment") == plan.payments()


def test_buyers_are_others_than_those_of_earlier_runs() -> None:
    assert Numbers(payments=100).take(OPERATIONS["createPayment"], 5) == 100
