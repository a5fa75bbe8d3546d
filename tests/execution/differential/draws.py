"""Operations in any number: by a quick drawer of our own, and by hypothesis-graphql, which knows nothing of us."""

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from graphql import GraphQLObjectType, GraphQLSchema, OperationType, StringValueNode, parse, validate
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from tests.execution.differential.drawing import Drawer, Selection, made_meaningful, selections_in
from tests.execution.differential.ornaments import Drawn, Writer
from tests.execution.differential.values import Pool, Values

MOST_ROOTS = (1, 2, 3, 20)
"""Fields of a root that are kept: where any of many fails, all of the answer may be null."""


def drawn_by_chance(
    schema: GraphQLSchema, kind: OperationType, pool: Pool, numbers: range, fields: Sequence[str] | None = None
) -> Iterator[Drawn]:
    """An operation for each number, of these fields of the root: always the same one for the same schema and pool."""
    for number in numbers:
        yield _drawn(schema, kind, pool, Random(number), fields)


def _drawn(
    schema: GraphQLSchema, kind: OperationType, pool: Pool, random: Random, fields: Sequence[str] | None
) -> Drawn:
    values = Values(random, pool)
    while True:
        selections = Drawer(schema, random, values).selections(root_of(schema, kind), fields)
        drawn = Writer(schema, random, values).operation(kind, selections)
        # A subscription has one field, and no `__typename` beside it.
        if kind is not OperationType.SUBSCRIPTION or not validate(schema, parse(drawn.text)):
            return drawn


def drawn_by_hypothesis(
    schema: GraphQLSchema, kind: OperationType, pool: Pool, numbers: range, fields: Sequence[str] | None = None
) -> Iterator[Drawn]:
    """As many operations as there are numbers, which hypothesis-graphql draws; we add to them how clients write."""
    for number, selections in zip(numbers, _hypothesised(schema, kind, pool, numbers, fields), strict=True):
        random = Random(number)
        values = Values(random, pool)
        made_meaningful(selections, schema, values, root_of(schema, kind))
        selections = selections[: random.choice(MOST_ROOTS)]
        yield Writer(schema, random, values).operation(kind, selections)


def root_of(schema: GraphQLSchema, kind: OperationType) -> GraphQLObjectType:
    root = schema.get_root_type(kind)
    assert root is not None
    return root


def _hypothesised(
    schema: GraphQLSchema, kind: OperationType, pool: Pool, numbers: range, fields: Sequence[str] | None
) -> list[list[Selection]]:
    """Hypothesis calls, and cannot be iterated: what it calls with is kept."""
    strategy = queries if kind is OperationType.QUERY else mutations
    scalars = {name: st.sampled_from(values).map(_node) for name, values in pool.scalars.items() if name != "String"}
    documents: list[list[Selection]] = []

    @seed(numbers.start)
    @settings(
        max_examples=len(numbers),
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy(schema, fields=fields, custom_scalars=scalars, print_ast=selections_in))
    def keep(selections: list[Selection]) -> None:
        documents.append(selections)

    keep()
    while len(documents) < len(numbers):  # a small schema has no more
        documents += documents[: len(numbers) - len(documents)]
    return documents[: len(numbers)]


def _node(value: Any) -> Any:
    return nodes.Int(value) if isinstance(value, int) else StringValueNode(value=value)


BY: Mapping[str, Any] = {"chance": drawn_by_chance, "hypothesis-graphql": drawn_by_hypothesis}
