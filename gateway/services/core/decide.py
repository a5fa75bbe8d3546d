"""Which rule decides which command."""

from gateway.services.core.cataloguing import save_course
from gateway.services.core.commands import (
    Command,
    ConfirmPayment,
    CreatePurchase,
    OpenPayment,
    RecordIntent,
    SaveCourse,
)
from gateway.services.core.creating import create_purchase
from gateway.services.core.opening import open_payment, record_intent
from gateway.services.core.settling import confirm
from gateway.services.core.world import Decision, Moment, World


def decide(command: Command, world: World, moment: Moment) -> Decision:
    """What the command comes to in this world; changes nothing itself."""
    match command:
        case OpenPayment():
            return open_payment(command, world, moment)
        case RecordIntent():
            return record_intent(command, world)
        case ConfirmPayment():
            return confirm(command, world, moment)
        case CreatePurchase():
            return create_purchase(command, world, moment)
        case SaveCourse():
            return save_course(command, world, moment)


def precedence(command: Command) -> int:
    """The order within a batch, lower first: where both flows arrive at one instant, the paid one wins the row."""
    return 0 if isinstance(command, ConfirmPayment) else 1
