"""Documents that are kept: bounded by what they take, whatever strangers send."""

import gc
import tracemalloc

import pytest
from graphql import GraphQLError, OperationDefinitionNode, parse

from gateway.execution.admission import Admission, Document
from gateway.execution.documents import Documents
from gateway.execution.kept import ROOM_BYTES, KeptDocuments, bytes_of
from gateway.execution.limits import Limits
from gateway.execution.plan.compiling import compiled
from gateway.execution.plan.running import Plan
from gateway.execution.plan.shapes import Shaping
from gateway.execution.schema import build_schema
from gateway.settings.model import Settings

ROOM = 150_000
LONG = "{ courses { nodes { " + "title " * 60 + "} } }"
WRONG = "{ courses { nodes { " + "nonsense " * 60 + "} } }"
PADDED = "{ __typename } #" + "x" * 90_000


def judge() -> Admission:
    return Admission(build_schema()._schema, Limits.of(Settings()), Documents())


def kept(reads: list[str], room_bytes: int = ROOM) -> KeptDocuments[Document]:
    admission = judge()

    def read(text: str) -> Document:
        reads.append(text)
        return admission._read(text)

    return KeptDocuments(read, room_bytes)


def test_the_least_lately_used_goes_first() -> None:
    reads: list[str] = []
    documents = kept(reads, 4 * bytes_of("{ a: __typename }", judge()._read("{ a: __typename }")))
    for name in "abcd" + "a" + "ef" + "a":
        documents.of(f"{{ {name}: __typename }}")
    assert [text[2] for text in reads] == [*"abcdef"]
    documents.of("{ b: __typename }")
    assert reads[-1] == "{ b: __typename }"


@pytest.mark.parametrize("text", [LONG, WRONG, PADDED])
def test_it_holds_no_more_than_its_room_however_long_each_is(text: str) -> None:
    documents = KeptDocuments(judge()._read, ROOM)
    documents.of(f"{text} #")
    tracemalloc.start()
    for number in range(6):
        documents.of(f"{text} #{number}")
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(documents) < 6
    assert documents.bytes <= ROOM
    assert taken < 2 * ROOM, "what it takes is what it is counted as"


def test_what_is_kept_with_a_text_later_is_counted_and_may_push_others_out() -> None:
    reads: list[str] = []
    documents = kept(reads)
    for name in "ab":
        documents.of(f"{{ {name}: __typename }}")
    before = documents.bytes
    documents.grow("{ b: __typename }", 1_000)
    documents.grow("{ never: __typename }", 1_000)
    assert documents.bytes == before + 1_000
    documents.grow("{ b: __typename }", ROOM - documents.bytes + 1)
    documents.of("{ b: __typename }")
    assert [text[2] for text in reads] == [*"ab"]
    documents.of("{ a: __typename }")
    assert [text[2] for text in reads] == [*"aba"]


def test_a_plan_takes_about_what_it_is_counted_as() -> None:
    schema, document = (
        build_schema(),
        parse("{ purchases { edges { cursor node { id tier course { title } payment { id } } } } }"),
    )
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)

    def plan() -> Plan:
        return compiled(schema, Shaping(schema._schema, document, operation, {}))

    plan()
    tracemalloc.start()
    plans = [plan() for _ in range(5)]
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 1.5 * sum(each.size_bytes for each in plans)


def test_there_is_room_for_a_platforms_clients() -> None:
    page = "query Page { " + "viewer { id role } " * 20 + "}"
    assert ROOM_BYTES / bytes_of(page, judge()._read(page)) > 500


def test_what_cannot_be_read_is_not_kept() -> None:
    reads: list[str] = []
    documents = kept(reads)
    for _ in range(2):
        with pytest.raises(GraphQLError):
            documents.of("{")
    assert (len(reads), len(documents), documents.bytes) == (2, 0, 0)
