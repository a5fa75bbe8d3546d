"""The events of a subscription answered by its plan, in the place of graphql-core, which maps its source."""

from typing import Any

from graphql import ExecutionResult
from graphql.pyutils import AwaitableOrValue
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.execution.plan.deviation import Deviation
from gateway.execution.plan.plans import Ready, Ways
from gateway.execution.plan.running import Run


class EventExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor of one event, which is asked only where the plan deviates.

    Args:
        ready: the plan of the subscription.
        ways: counts which way each event was answered.
    """

    def __init__(self, *args: Any, ready: Ready, ways: Ways, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ready, self.ways = ready, ways

    def execute_operation(self, serially: bool | None = None) -> AwaitableOrValue[Any]:
        return self._answered(serially)

    async def _answered(self, serially: bool | None) -> Any:
        run = Run(self.context_value, self.ready.values, self.root_value, self.operation_extensions)
        try:
            data = await self.ready.plan.query(run)
        except Deviation:
            self.ways.deviated += 1
            result: Any = super().execute_operation(serially)
            return await result if optimized_is_awaitable(result) else result
        self.ways.by_plan += 1
        return ExecutionResult(data, None)
