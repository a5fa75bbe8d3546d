"""A method finds in its `Info` what graphql-core would give it, or graphql-core answers."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import strawberry
from strawberry import Info, field

from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.execution.plan.plans import Ways
from gateway.resolvers.fields import resolve_fields
from gateway.services.reading.reader import Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.settings.model import Settings
from tests.callers import Unlimited

pytestmark = pytest.mark.anyio

Told = Info[Any, Any]


@strawberry.type
class Below:
    number: int

    @field
    def where(self, info: Told) -> str:
        return f"{info.path.as_list()} {self.number}"

    @field
    def what(self, info: Told) -> str:
        return f"{info.context.name} {info.field_name} {info.return_type} {info.variable_values}"


@strawberry.type
class Query:
    @field
    def told(self, info: Told) -> list[str]:
        selected = [repr(each) for each in info.selected_fields]
        raw = info._raw_info
        return [
            f"{info.field_name} {info.python_name} {info.path.as_list()} {selected} {info.return_type}",
            f"{info.context.name} {info.root_value} {info.variable_values} {info.operation.operation}",
            f"{info.schema is SCHEMA} {info.input_extensions}",
            f"{raw.parent_type} {sorted(raw.fragments)} {raw.is_awaitable(1)}",
        ]

    @field
    async def together(self, info: Told) -> list[int]:
        async def one() -> int:
            return 1

        return await info._raw_info.async_helpers.gather([one(), one()])

    @field
    def below(self) -> list[Below]:
        return [Below(number=1), Below(number=2)]


SCHEMA = strawberry.Schema(Query)
resolve_fields(SCHEMA._schema, {})
CONTEXT: Any = SimpleNamespace(
    viewer=None, reads=Snapshot(Reader(cast(Source, None))), caller=Unlimited(), name="context"
)


@pytest.mark.parametrize(
    ("query", "way"),
    [
        (
            "query($on: Boolean = true) { a: told ...f b: told @include(if: $on) } fragment f on Query { __typename }",
            Ways(by_plan=1),
        ),
        ("{ together }", Ways(by_plan=1)),
        ("{ below { what } }", Ways(by_plan=1)),
        ("{ below { number where } }", Ways(deviated=1)),
    ],
)
async def test_info_is_as_it_would_be(query: str, way: Ways) -> None:
    planning, core = Executor(SCHEMA, Settings(), compile_at=1), Executor(SCHEMA, Settings(plans=False))
    operation = Operation(query, extensions={"mine": 1})
    by_plan, by_core = await planning.run(operation, CONTEXT), await core.run(operation, CONTEXT)
    assert by_plan.payload == by_core.payload
    assert "errors" not in by_plan.payload
    assert planning.ways == way
