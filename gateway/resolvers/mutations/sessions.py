"""The sessions that are held, as the service that holds them, or an admin, records and withdraws them."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from gateway.context import Context
from gateway.resolvers.answers import mutation
from gateway.resolvers.inputs import GatewayInfo, InputReader, mutation_context, of_item, too_many
from gateway.resolvers.permissions import viewer_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.directives import SERVICE_OR_ADMIN
from gateway.schema.mutations.sessions import (
    RecordSessionInput,
    RecordSessionResult,
    WithdrawSessionInput,
    WithdrawSessionResult,
)
from gateway.services.core.commands.sessions.record import RecordSession
from gateway.services.core.commands.sessions.withdraw import WithdrawSession
from gateway.services.core.model.outcomes import FieldProblem, Outcome

MOST_AT_ONCE = 100
"""Sessions of one `recordSessions`: more than a class has students."""


@strawberry.type
class SessionMutations:
    @mutation(
        RecordSessionResult,
        "Records that a session was held, so that it counts as used. Asked again with the same number, it returns the "
        "same record, whoever asks. An ended purchase takes what was held before its end. Audited.",
        SERVICE_OR_ADMIN,
    )
    async def record_session(
        self,
        info: GatewayInfo,
        input: Annotated[RecordSessionInput, strawberry.argument(description="Which session, and when it was held.")],  # noqa: A002
    ) -> Outcome:
        context = mutation_context(info)
        command, input_problems = _held(context, input)
        return await context.purchases.submit(command, input_problems)

    @mutation(
        list[RecordSessionResult],
        f"`recordSession` for up to {MOST_AT_ONCE} at once, such as a whole class: each item has its own result, in "
        "the order given, and all are recorded in one commit. An item that is refused holds up no other. More than "
        f"{MOST_AT_ONCE}: each item is `InvalidInput`, and nothing is done.",
        SERVICE_OR_ADMIN,
    )
    async def record_sessions(
        self,
        info: GatewayInfo,
        input: Annotated[  # noqa: A002
            list[RecordSessionInput],
            strawberry.argument(description=f"The sessions that were held, {MOST_AT_ONCE} at most."),
        ],
    ) -> Sequence[Outcome]:
        context = mutation_context(info)
        if refused := too_many(input, MOST_AT_ONCE):
            return refused
        read = [_held(context, each) for each in input]
        outcomes = await context.purchases.submit_all([each for each, _ in read], [wrong for _, wrong in read])
        return [of_item(index, outcome) for index, outcome in enumerate(outcomes)]

    @mutation(
        WithdrawSessionResult,
        "Takes back the record of a session that was not held, so that it no longer counts as used, also where the "
        "purchase has ended since. It may be recorded again. Audited.",
        SERVICE_OR_ADMIN,
    )
    async def withdraw_session(
        self,
        info: GatewayInfo,
        input: Annotated[WithdrawSessionInput, strawberry.argument(description="Which session, and why.")],  # noqa: A002
    ) -> Outcome:
        reader, context = InputReader(), mutation_context(info)
        command = WithdrawSession(
            actor=viewer_of(context),
            purchase_id=reader.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
            number=input.session_number,
            reason=input.reason,
            key=input.idempotency_key,
        )
        return await context.purchases.submit(command, reader.problems)


def _held(context: Context, input: RecordSessionInput) -> tuple[RecordSession, list[FieldProblem]]:  # noqa: A002
    """The command that an input means, and what is wrong with its id."""
    reader = InputReader()
    command = RecordSession(
        actor=viewer_of(context),
        session_id=context.purchases.new_id(),
        purchase_id=reader.id(ids.PURCHASE, input.purchase_id, "purchaseId"),
        number=input.session_number,
        held_at=input.held_at,
        key=input.idempotency_key,
    )
    return command, reader.problems
