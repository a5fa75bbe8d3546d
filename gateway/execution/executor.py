"""The one way through which every transport runs an operation: bounded, priced, masked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from inspect import isawaitable
from time import perf_counter
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType, execute, subscribe
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable

from gateway.context import Context
from gateway.execution.admission import Admission, Admitted
from gateway.execution.answers import as_graphql, busy, refusal_of, refused, result_of, timed_out
from gateway.execution.deadlines import Deadlines, Turn
from gateway.execution.documents import Documents
from gateway.execution.limits import MOST_ERRORS, Limits
from gateway.execution.observing import count_subscription, measure
from gateway.execution.operations import NoOperation, Operation, Payload, Result
from gateway.execution.plan.deviation import Deviation
from gateway.execution.plan.events import EventExecutor
from gateway.execution.plan.plans import COMPILE_AT, Plans, Ready, Ways
from gateway.execution.plan.resuming import Recorded, ResumingExecutor
from gateway.execution.plan.running import Run
from gateway.schema.conventions.errors import bad_input
from gateway.services import tracing
from gateway.services.measures import recording
from gateway.settings.model import Settings

COST = "cost"
"""In a request's `extensions`, `{"cost": true}` asks for the answer's `{"cost": {"requested": …, "budget": …}}`."""

IS_AWAITABLE: Any = optimized_is_awaitable
"""Strawberry's check, which is fast for plain values. Its type is narrower than the one graphql-core asks for."""


class Executor:
    """Runs operations of one schema.

    Args:
        documents: those that may be named by an id.
        compile_at: the time at which a document that comes is compiled to a plan, where plans are on.
    """

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        documents: Documents | None = None,
        *,
        compile_at: int = COMPILE_AT,
    ) -> None:
        self._schema, self._limits = schema, Limits.of(settings)
        self._built = schema._schema  # Strawberry's one way to it
        self._admission = Admission(self._built, self._limits, documents or Documents())
        self.is_subscription = self._admission.is_subscription
        self.may_be_subscription = self._admission.may_be_subscription
        self._plans = Plans(schema, self._admission.grow, compile_at) if settings.plans else None
        self._most_in_flight, self._deadlines = settings.limit_in_flight, Deadlines(settings.limit_operation_s)
        self._in_flight = 0

    async def run(self, operation: Operation, context: Context) -> Result:
        """The result of a query or a mutation, if there is room for it, within its time limit.

        After its time limit it is cancelled. A command that the writer was given by then is committed all the same, and
        the same call again finds what it did.

        Raises:
            NoOperation: it does not say which operation, or this kind may not be sent in this way.
        """
        if recording.measures is None and tracing.spans is None:
            return await self._run(operation, context)
        began = perf_counter()
        if not tracing.recorded.get():
            result = await self._run(operation, context)
            measure(context, result, perf_counter() - began)
            return result
        with tracing.child("operation"):
            result = await self._run(operation, context)
            measure(context, result, perf_counter() - began)
        return result

    async def _run(self, operation: Operation, context: Context) -> Result:
        if self._in_flight >= self._most_in_flight:
            return busy()
        caller = context.caller
        if (refusal := caller.enter()) is not None:
            return refused(refusal)
        self._in_flight += 1
        try:
            with self._deadlines.watch():
                return await self._answered(operation, context)
        finally:
            self._in_flight -= 1
            caller.leave()
        return timed_out()

    async def stream(self, operation: Operation, context: Context) -> AsyncGenerator[Result, None]:
        """The results of a subscription, or the single one of a query or a mutation."""
        try:
            if self._admission.is_subscription(operation, context.caller):
                async with aclosing(self._events(operation, context)) as results:
                    async for result in results:
                        yield result
            else:
                yield await self.run(operation, context)
        except NoOperation as error:
            yield refused(bad_input(str(error)))

    async def _answered(self, operation: Operation, context: Context) -> Result:
        """Raises: NoOperation."""
        try:
            admitted = self._admitted(operation, context)
            if admitted.errors:
                return refusal_of(admitted.errors, self._extensions(admitted, operation))
            recorded: Recorded = {}
            data = await self._by_plan(admitted, operation, context, recorded)
            if data is not None:
                payload: Payload = {"data": data}
                if operation.extensions and (extensions := self._extensions(admitted, operation)):
                    payload["extensions"] = extensions
                return Result(payload)
            asked = self._asked(admitted, operation, context)
            if recorded:
                asked |= {"executor_class": ResumingExecutor, "recorded": recorded}
            outcome = execute(self._built, admitted.document.node, **asked, is_awaitable=IS_AWAITABLE)
            result = await outcome if isawaitable(outcome) else outcome
        except GraphQLError as error:
            return refusal_of([error])
        except NoOperation:
            raise
        except Exception as error:  # noqa: BLE001  an unexpected error is answered with its id, under every transport
            return refusal_of([as_graphql(error)])
        may_be_done = admitted.kind is OperationType.MUTATION
        return result_of(result, self._extensions(admitted, operation), may_be_done=may_be_done)

    def _admitted(self, operation: Operation, context: Context) -> Admitted:
        """It, noted for whoever tells of it. Raises as `Admission.admit` does."""
        admitted = self._admission.admit(operation, context)
        context.name, context.kind = admitted.name, admitted.kind.value
        return admitted

    @property
    def ways(self) -> Ways:
        """How many operations were answered which way; all zero where plans are off."""
        return self._plans.ways if self._plans else Ways()

    async def _by_plan(
        self, admitted: Admitted, operation: Operation, context: Context, recorded: Recorded
    ) -> Payload | None:
        """The data of an operation as its plan answers it; None where graphql-core has to, for a mutation from what is
        `recorded` then."""
        if self._plans is None or (ready := self._ready(admitted, operation)) is None:
            return None
        plan, run = ready.plan, Run(context, ready.values, extensions=operation.extensions)
        try:
            if admitted.kind is OperationType.MUTATION:
                data = await plan.mutate(run, recorded)
            else:
                context.reads.narrow(plan.learnt)
                data = await plan.query(run)
                context.reads.settle()
        except Deviation:
            self._plans.ways.deviated += 1
            if not recorded:
                context.reads.forget()  # so that what failed is asked for again, as at the operation's start
            return None
        self._plans.ways.by_plan += 1
        return data

    def _ready(self, admitted: Admitted, operation: Operation) -> Ready | None:
        """The plan of an operation; None where there is none, or none for its variables."""
        if self._plans is None or operation.query is None:
            return None
        try:
            return self._plans.ready(operation.query, admitted.document, admitted.name, operation.variables)
        except Deviation:
            self._plans.ways.deviated += 1
            return None

    async def _events(self, operation: Operation, context: Context) -> AsyncGenerator[Result, None]:
        """Raises: NoOperation."""
        try:
            admitted = self._admitted(operation, context)
            if admitted.errors:
                yield refusal_of(admitted.errors, self._extensions(admitted, operation))
                return
            extensions = self._extensions(admitted, operation)
            asked = self._asked(admitted, operation, context)
            if ready := self._ready(admitted, operation):
                asked |= {"executor_class": EventExecutor, "ready": ready, "ways": self.ways}
            if (refusal := context.caller.subscribe()) is not None:
                yield refused(refusal)
                return
            count_subscription(1)
            try:
                async with aclosing(self._told(admitted, asked, context, extensions)) as results:
                    async for result in results:
                        yield result
            finally:
                count_subscription(-1)
                context.caller.unsubscribe()
        except NoOperation:
            raise
        except Exception as error:  # noqa: BLE001  a source that fails unexpectedly ends its stream
            yield refusal_of([as_graphql(error)])

    async def _told(
        self, admitted: Admitted, asked: dict[str, Any], context: Context, extensions: Payload
    ) -> AsyncGenerator[Result, None]:
        """The results of a subscription that has its place: each within the time of an operation, and paid for as one.
        Whoever is told more than he may ask for is told later, and of quick changes the last."""
        begun = subscribe(self._built, admitted.document.node, **asked)
        source = await begun if isawaitable(begun) else begun
        if isinstance(source, ExecutionResult):
            yield refusal_of(source.errors or (), extensions)
            return
        assert isinstance(source, AsyncGenerator), "graphql-core maps a source by a generator"
        turn = Turn(self._deadlines)
        context.on_turn = turn.begin
        async with aclosing(source) as events:
            while True:
                event = None
                with turn:
                    event = await anext(events, None)
                if turn.has_passed:
                    yield timed_out()
                    return
                if event is None:
                    return
                yield result_of(event, extensions)
                if wait_s := context.caller.pace_s(admitted.cost or 0):
                    await asyncio.sleep(wait_s)

    def _asked(self, admitted: Admitted, operation: Operation, context: Context) -> dict[str, Any]:
        """What graphql-core is called with, as Strawberry's own `execute` does."""
        return {
            "context_value": context,
            "variable_values": operation.variables,
            "operation_name": admitted.name,
            "executor_class": self._schema.execution_context_class,
            "operation_extensions": operation.extensions,
            "hide_suggestions": not self._limits.is_open,
            "max_coercion_errors": MOST_ERRORS,
        }

    def _extensions(self, admitted: Admitted, operation: Operation) -> Payload:
        if admitted.cost is None or (operation.extensions or {}).get(COST) is not True:
            return {}
        return {COST: {"requested": admitted.cost, "budget": self._limits.cost}}
