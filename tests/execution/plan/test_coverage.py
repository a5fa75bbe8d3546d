"""The operations of the product's own clients, examples and documents are covered, so that none of them falls back."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from graphql import DocumentNode, OperationDefinitionNode, validate

from gateway.execution.plan.compiling import compiled
from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.shapes import Shaping, switches_of
from gateway.execution.schema import build_schema
from tests.execution.differential.corpus import APART, SUFFIXES, parsed, texts_in
from tests.house import ROOT

FOLDERS = ("bench", "docs", "examples", "gateway", "web")
FEWEST = 20
"""Valid operations that stand there; fewer, and it is not they that are looked at."""

INTROSPECTION = ("__schema", "__type(")


def documents() -> Iterator[tuple[str, DocumentNode]]:
    """Those that are valid and do not ask for the schema, with where they stand."""
    for path in files():
        for text in texts_in(path.read_text(encoding="utf-8"), path.suffix):
            document = None if any(name in text for name in INTROSPECTION) else parsed(text)
            if document and not validate(build_schema()._schema, document):
                yield f"{path.name}: {text}", document


def files() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and not {*path.parts} & {*APART}:
                yield path


def reasons(document: DocumentNode) -> list[str]:
    """Why operations of the document have no plan."""
    schema, found = build_schema(), []
    for operation in document.definitions:
        if isinstance(operation, OperationDefinitionNode):
            try:
                names = sorted(switches_of(document))
                for values in product((True, False), repeat=len(names)):
                    switches = dict(zip(names, values, strict=True))
                    compiled(schema, Shaping(schema._schema, document, operation, switches))
            except NotCovered as error:
                found.append(str(error))
    return found


def test_every_operation_of_our_own_has_a_plan() -> None:
    found = dict(documents())
    assert len(found) > FEWEST
    assert {where: why for where, document in found.items() if (why := reasons(document))} == {}
