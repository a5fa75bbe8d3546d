"""What the service that holds the classes may say of a session: inputs, what each answers, and what it may come to."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.mutations.descriptions import ALREADY, KEY, WHY
from gateway.schema.problems import IdempotencyKeyReused, InvalidInput, NotFound, PurchaseEnded
from gateway.schema.purchases import Purchase
from gateway.schema.relations import FieldsOf, Wraps
from gateway.schema.sessions import RecordedSession
from gateway.services.core.model.sessions import outcomes as session_outcomes

_recorded = FieldsOf[session_outcomes.SessionRecorded]()
_withdrawn = FieldsOf[session_outcomes.SessionWithdrawn]()

NUMBER = (
    "Which session: 1 to the purchase's `sessionsTotal`. Numbers go on through an upgrade, and start again with a "
    "renewal."
)


@strawberry.input(description="A session that was held.")
class RecordSessionInput:
    purchase_id: ID = field(description="The purchase under which it was held.")
    session_number: int = field(description=f"{NUMBER} A number is recorded once, whoever repeats it.")
    held_at: dt.datetime | None = field(
        default=None, description="When it began; left out, now. Not in the future, and not after the purchase ended."
    )
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The session is recorded, and counts as used.")
class RecordSessionSuccess(Wraps[session_outcomes.SessionRecorded]):
    purchase: Purchase = _recorded.wrapped("The purchase, with the session.", lambda recorded: recorded.purchase)
    session: RecordedSession = _recorded.wrapped("The session.", lambda recorded: recorded.session)
    already_processed: bool = _recorded.field(ALREADY, lambda recorded: recorded.already_processed)


RecordSessionResult = Annotated[
    RecordSessionSuccess | PurchaseEnded | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union(
        "RecordSessionResult", description="What `recordSession`, and each item of `recordSessions`, answers."
    ),
]


@strawberry.input(description="A session that was recorded by mistake.")
class WithdrawSessionInput:
    purchase_id: ID = field(description="The purchase.")
    session_number: int = field(description=NUMBER)
    reason: str = field(description=WHY)
    idempotency_key: str | None = field(default=None, description=KEY)


@graphql_type(description="The session no longer counts as used. It may be recorded again.")
class WithdrawSessionSuccess(Wraps[session_outcomes.SessionWithdrawn]):
    purchase: Purchase = _withdrawn.wrapped("The purchase, without the session.", lambda withdrawn: withdrawn.purchase)
    session: RecordedSession = _withdrawn.wrapped("The session.", lambda withdrawn: withdrawn.session)
    already_processed: bool = _withdrawn.field(ALREADY, lambda withdrawn: withdrawn.already_processed)


WithdrawSessionResult = Annotated[
    WithdrawSessionSuccess | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("WithdrawSessionResult", description="What `withdrawSession` answers."),
]
