"""Documents by their id: trusted ones, and those that clients sent once."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLError

from gateway.execution.documents import LONGEST_KEPT, Documents, UnreadableDocuments, read_trusted
from gateway.execution.schema import build_schema

VIEWER = "query Viewer { viewer { id } }"
COURSES = "query Courses { courses { nodes { id } } }"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def persisted(text: str, *, is_sent: bool) -> dict[str, Any]:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}
    return {"extensions": extensions, **({"query": text} if is_sent else {})}


def code_of(documents: Documents, request: dict[str, Any]) -> Any:
    with pytest.raises(GraphQLError) as refused:
        documents.text_of(request)
    return (refused.value.extensions or {})["code"]


@pytest.mark.parametrize("field", ["documentId", "doc_id", "id"])
def test_a_trusted_document_is_run_by_its_id(field: str) -> None:
    assert Documents({"abc": VIEWER}).text_of({field: "abc"}) == VIEWER


def test_an_id_may_say_how_it_was_made() -> None:
    assert Documents({digest(VIEWER): VIEWER}).text_of({"documentId": f"sha256:{digest(VIEWER)}"}) == VIEWER


def test_a_trusted_document_is_found_by_its_hash_as_apollo_sends_it() -> None:
    assert Documents({digest(VIEWER): VIEWER}, is_only_trusted=True).text_of(persisted(VIEWER, is_sent=False)) == VIEWER


def test_an_unknown_id_is_refused() -> None:
    assert code_of(Documents({"abc": VIEWER}), {"documentId": "abd"}) == "PERSISTED_QUERY_NOT_FOUND"


def test_where_only_trusted_ones_are_run_no_other_is() -> None:
    documents = Documents({"abc": VIEWER}, is_only_trusted=True, most_kept=10)
    assert documents.text_of({"query": VIEWER}) == VIEWER
    assert code_of(documents, {"query": COURSES}) == "DOCUMENT_NOT_TRUSTED"
    assert code_of(documents, persisted(COURSES, is_sent=True)) == "DOCUMENT_NOT_TRUSTED"
    assert code_of(documents, persisted(COURSES, is_sent=False)) == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_what_a_client_sent_once_it_may_name_from_then_on() -> None:
    documents = Documents(most_kept=2)
    assert code_of(documents, persisted(VIEWER, is_sent=False)) == "PERSISTED_QUERY_NOT_FOUND"
    assert documents.text_of(persisted(VIEWER, is_sent=True)) == VIEWER
    assert documents.text_of(persisted(VIEWER, is_sent=False)) == VIEWER


def in_capitals(request: dict[str, Any]) -> dict[str, Any]:
    hashed = request["extensions"]["persistedQuery"]
    return request | {"extensions": {"persistedQuery": hashed | {"sha256Hash": hashed["sha256Hash"].upper()}}}


def test_a_hash_in_capitals_is_the_same() -> None:
    documents = Documents(most_kept=2)
    assert documents.text_of(in_capitals(persisted(VIEWER, is_sent=True))) == VIEWER
    assert documents.text_of(persisted(VIEWER, is_sent=False)) == VIEWER
    assert documents.text_of(in_capitals(persisted(VIEWER, is_sent=False))) == VIEWER
    assert documents.text_of(persisted(COURSES, is_sent=True)) == COURSES
    documents.text_of(in_capitals(persisted(COURSES, is_sent=True)))  # takes no other's place
    assert documents.text_of(persisted(VIEWER, is_sent=False)) == VIEWER
    trusted = Documents({digest(VIEWER): VIEWER}, is_only_trusted=True)
    assert trusted.text_of(in_capitals(persisted(VIEWER, is_sent=False))) == VIEWER


def test_the_least_lately_used_goes_first() -> None:
    documents = Documents(most_kept=2)
    texts = [f"query Q{number} {{ viewer {{ id }} }}" for number in range(3)]
    for text in texts[:2]:
        documents.text_of(persisted(text, is_sent=True))
    documents.text_of(persisted(texts[0], is_sent=False))
    documents.text_of(persisted(texts[2], is_sent=True))
    assert code_of(documents, persisted(texts[1], is_sent=False)) == "PERSISTED_QUERY_NOT_FOUND"
    assert documents.text_of(persisted(texts[0], is_sent=False)) == texts[0]


def test_nothing_is_kept_unless_the_operator_wants_it() -> None:
    documents = Documents()
    assert documents.text_of(persisted(VIEWER, is_sent=True)) == VIEWER
    assert code_of(documents, persisted(VIEWER, is_sent=False)) == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_a_document_without_end_is_run_and_not_kept() -> None:
    documents, text = Documents(most_kept=2), VIEWER + " " * LONGEST_KEPT
    assert documents.text_of(persisted(text, is_sent=True)) == text
    assert code_of(documents, persisted(text, is_sent=False)) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_hash_of_something_else_is_refused_and_keeps_nothing() -> None:
    documents = Documents(most_kept=2)
    request = persisted(VIEWER, is_sent=True) | {"query": COURSES}
    assert code_of(documents, request) == "BAD_USER_INPUT"
    assert code_of(documents, persisted(VIEWER, is_sent=False)) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"query": ""},
        {"query": None},
        {"documentId": 5},
        {"extensions": None},
        {"extensions": {"persistedQuery": 1}},
    ],
)
def test_a_request_that_names_no_document_is_left_to_the_endpoint(request_: dict[str, Any]) -> None:
    assert Documents().text_of(request_) is None


def test_files_of_both_tools_are_read(tmp_path: Path) -> None:
    for name, documents in (("relay.json", {"md5-of-it": VIEWER}), ("codegen.json", {digest(COURSES): COURSES})):
        (tmp_path / name).write_text(json.dumps(documents))
    paths = [str(tmp_path / "relay.json"), str(tmp_path / "codegen.json")]
    assert read_trusted(paths, build_schema()._schema) == {"md5-of-it": VIEWER, digest(COURSES): COURSES}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is no JSON."),
        ("[]", "must be one JSON object, id to document."),
        ('{"a": 5}', "a is no text."),
        ('{"a": "query {"}', "a is not valid by the schema: Syntax Error: Expected Name, found <EOF>."),
        ('{"a": "{ nothing }"}', "a is not valid by the schema: Cannot query field 'nothing' on type 'Query'."),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content)
    with pytest.raises(UnreadableDocuments) as refused:
        read_trusted([str(path)], build_schema()._schema)
    assert str(refused.value) == f"{path}: {problem}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocuments, match="No such file"):
        read_trusted([str(tmp_path / "gone.json")], build_schema()._schema)


def test_one_id_stands_for_one_document(tmp_path: Path) -> None:
    for name, text in (("a.json", VIEWER), ("b.json", COURSES)):
        (tmp_path / name).write_text(json.dumps({"same": text}))
    with pytest.raises(UnreadableDocuments, match="same stands for two documents"):
        read_trusted([str(tmp_path / "a.json"), str(tmp_path / "b.json")], build_schema()._schema)
