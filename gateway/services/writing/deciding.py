"""What each command of a turn comes to, one after the other, each on what those before it left."""

from collections.abc import Sequence

from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.state import NOTHING, Moment, State
from gateway.services.core.rules.events import announced

Result = Outcome | Exception


def decide_all(
    commands: Sequence[Command], state: State, moment: Moment, subscribers: Sequence[EventSubscriber] = ()
) -> list[Result]:
    """The result of each command of a turn, in the order given; the decisions are applied to the state."""
    results: dict[int, Result] = {}
    for index in sorted(range(len(commands)), key=lambda index: commands[index].precedence):
        try:
            decision = commands[index].decide(state, moment)
        except Exception as error:  # noqa: BLE001  a command that raises fails alone
            results[index] = error
            continue
        results[index] = decision.outcome
        for step in decision.steps:
            if step == NOTHING:
                continue
            if commands[index].is_silent:
                state.apply(step)
                state.quiet.update(payment.id for payment in step.payments)
                state.quiet.update(purchase.id for purchase in step.purchases)
            else:
                state.apply(step + announced(step, state, subscribers, moment))
    return [results[index] for index in range(len(commands))]
