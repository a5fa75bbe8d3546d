"""Every operation that stands in the repository: in the tests, the examples, the documentation and the pages."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from random import Random

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    ObjectFieldNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    is_input_type,
    parse,
    type_from_ast,
    validate,
    visit,
)

from gateway.execution.schema import build_schema
from tests.execution.differential.ornaments import Drawn
from tests.execution.differential.values import Pool, Values
from tests.house import ROOT

FOLDERS = ("tests", "bench", "gateway", "docs", "examples", "web")
SUFFIXES = (".py", ".graphql", ".md", ".ts", ".tsx", ".mjs", ".js", ".html")
APART = ("node_modules", "static_files", "generated", "gql")
"""Folders of what others wrote, or what is made of what stands elsewhere."""

QUOTED = re.compile(r"`([^`]*\{[^`]*)`|```graphql\n(.*?)```", re.DOTALL)
FRAGMENT_OF_TEXT = re.compile(r"\$\{[^}]*\}")
HINT = re.compile(r"""\b(query|mutation|subscription)\b|["'`]\{ \w""")
"""What a file has in it that holds an operation."""

BEGINNINGS = ("{", "query", "mutation", "subscription", "fragment", "#")
MOST_VALUES = 2
"""With how many sets of variables each operation is sent."""


@cache
def documents() -> Mapping[str, DocumentNode]:
    """By their texts, in their order in the repository: all of them that our schema has an answer to."""
    schema = build_schema()._schema
    found: dict[str, DocumentNode] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in SUFFIXES and not {*path.parts} & {*APART}:
                for text in texts_in(path.read_text(encoding="utf-8"), path.suffix):
                    if text not in found and (document := parsed(text)) and not validate(schema, document):
                        found[text] = document
    return found


def parsed(text: str) -> DocumentNode | None:
    """The document that a text is, if there is an operation in it."""
    if not text.lstrip().startswith(BEGINNINGS) or "{" not in text:
        return None
    try:
        document = parse(text)
    except (GraphQLError, RecursionError):
        return None
    return document if any(isinstance(each, OperationDefinitionNode) for each in document.definitions) else None


def texts_in(source: str, suffix: str) -> Iterator[str]:
    """What may be a document in a file of that kind."""
    if not HINT.search(source):
        return
    if suffix == ".py":
        yield from _texts_in_python(ast.parse(source))
    elif suffix == ".graphql":
        yield source
    else:
        for match in QUOTED.finditer(source):
            yield FRAGMENT_OF_TEXT.sub("", match[1] or match[2] or "")


def _texts_in_python(tree: ast.Module) -> Iterator[str]:
    known: dict[str, str] = dict(SHARED)
    for statement in tree.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                text = _text_of(value, known)
                if text is not None:
                    known[name] = text
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            text = _text_of(node, known)
            if text is not None:
                yield text


def _text_of(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """The text that an expression makes of constants."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return known.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _text_of(left, known), _text_of(right, known)
            return None if one is None or other is None else one + other
        case ast.JoinedStr(values=parts):
            texts = [_text_of(part.value if isinstance(part, ast.FormattedValue) else part, known) for part in parts]
            return None if None in texts else "".join(map(str, texts))
    return None


def _shared() -> dict[str, str]:
    """The texts that tests import from one another."""
    path = ROOT / "tests" / "served" / "operations.py"
    known: dict[str, str] = {}
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                text = _text_of(value, known)
                if text is not None:
                    known[name] = text
    return known


SHARED: Mapping[str, str] = _shared()


def operations(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    return (each for each in document.definitions if isinstance(each, OperationDefinitionNode))


def with_variables(
    text: str, document: DocumentNode, schema: GraphQLSchema, pool: Pool
) -> Iterator[tuple[Drawn, OperationType]]:
    """Each operation of a document, with such variables as its types ask for."""
    for operation in operations(document):
        places = _Places()
        visit(document, places)
        for number in range(MOST_VALUES if operation.variable_definitions else 1):
            values = Values(Random(f"{number}{text}"), pool)
            given = {}
            for each in operation.variable_definitions or ():
                kind, name = type_from_ast(schema, each.type), each.variable.name.value
                if is_input_type(kind):
                    given[name] = values.of(kind, *places.found.get(name, ("", name)))
            yield Drawn(text, given, operation.name.value if operation.name else None), operation.operation


class _Places(Visitor):
    """Finds for each variable the field and the argument, or the input's field, that it is given for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}
        self._field = ""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self._field = node.name.value

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        if isinstance(node.value, VariableNode):
            self.found[node.value.name.value] = self._field, node.name.value

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        if isinstance(node.value, VariableNode):
            self.found[node.value.name.value] = "", node.name.value
