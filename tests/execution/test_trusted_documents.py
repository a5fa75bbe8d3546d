"""Documents by their id over real HTTP: trusted ones, nothing else where that is set, and those sent once."""

import json
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.served.gateway import Served, served

VIEWER = "query Viewer { viewer { id } }"
DIGEST = sha256(VIEWER.encode()).hexdigest()
ASKED = {"persistedQuery": {"version": 1, "sha256Hash": DIGEST}}


@pytest.fixture
def documents(tmp_path: Path) -> str:
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps({"viewer-1": VIEWER}))
    return str(path)


def post(gateway: Served, **body: object) -> httpx.Response:
    return gateway.http.post(gateway.server.url, json=body, headers=gateway.student().headers())


def code_of(answer: httpx.Response) -> str:
    code: str = answer.json()["errors"][0]["extensions"]["code"]
    return code


def test_a_registered_document_is_run_by_its_id_and_no_other_runs_where_so_wished(
    database_url: str, documents: str
) -> None:
    settings = {"trusted_documents": documents, "only_trusted_documents": "true"}
    with served(database_url, **settings) as gateway:
        assert post(gateway, documentId="viewer-1").json()["data"]["viewer"]["id"].startswith("student-")
        assert post(gateway, query=VIEWER).status_code == 200
        refused = post(gateway, query="{ viewer { role } }")
        assert (refused.status_code, code_of(refused)) == (400, "DOCUMENT_NOT_TRUSTED")
        assert code_of(post(gateway, documentId="viewer-2")) == "PERSISTED_QUERY_NOT_FOUND"


def test_a_document_that_was_sent_once_is_run_by_its_hash(database_url: str) -> None:
    with served(database_url, automatic_persisted_queries="10") as gateway:
        unknown = post(gateway, extensions=ASKED)
        assert (unknown.status_code, code_of(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
        assert "data" in post(gateway, query=VIEWER, extensions=ASKED).json()
        assert "data" in post(gateway, extensions=ASKED).json()
        by_url = {"extensions": json.dumps(ASKED)}
        got = gateway.http.get(gateway.server.url, params=by_url, headers=gateway.student().headers())
        assert "data" in got.json()


def test_without_it_clients_are_told_to_send_whole_queries(gateway: Served) -> None:
    assert code_of(post(gateway, extensions=ASKED)) == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_variables_may_be_called_as_they_like(gateway: Served) -> None:
    """`id` beside the query names a document; among the variables it is the caller's own."""
    query = "query($id: ID!) { payment(id: $id) { id } }"
    answer = post(gateway, query=query, variables={"id": "pay_01m82wzdd5evbs08a25nzd2awn"})
    assert answer.json() == {"data": {"payment": None}}
    params = {"query": query, "variables": json.dumps({"id": "pay_01m82wzdd5evbs08a25nzd2awn"})}
    got = gateway.http.get(gateway.server.url, params=params, headers=gateway.student().headers())
    assert got.json() == {"data": {"payment": None}}
