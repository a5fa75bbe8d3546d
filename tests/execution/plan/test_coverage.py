"""The operations of the product's own clients, examples, documents and tests are covered, so that none falls back."""

from itertools import product

from graphql import DocumentNode, OperationDefinitionNode, validate

from gateway.execution.plan.compiling import compiled
from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.shapes import Shaping, switches_of
from gateway.execution.schema import build_schema
from tests.execution.differential.corpus import documents

FEWEST = 100
"""Operations that stand in the repository and are valid; fewer, and it is not they that are looked at."""

INTROSPECTION = ("__schema", "__type(")


def reasons(document: DocumentNode) -> list[str]:
    """Why operations of the document have no plan."""
    schema, found = build_schema(), []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            try:
                names = sorted(switches_of(document))
                for values in product((True, False), repeat=len(names)):
                    compiled(
                        schema, Shaping(schema._schema, document, operation, dict(zip(names, values, strict=True)))
                    )
            except NotCovered as error:
                found.append(str(error))
    return found


def test_every_operation_in_the_repository_has_a_plan() -> None:
    valid = {
        text: document
        for text, document in documents().items()
        if not any(name in text for name in INTROSPECTION) and not validate(build_schema()._schema, document)
    }
    assert len(valid) > FEWEST
    assert {text: found for text, document in valid.items() if (found := reasons(document))} == {}
