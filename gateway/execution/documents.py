"""Documents by their id: trusted ones from client builds, and persisted ones that clients sent before."""

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from graphql import GraphQLError, parse, validate

from gateway.schema.conventions.errors import ErrorCode, coded

LONGEST_KEPT = 100_000
"""The longest document that is kept because a client sent it, in characters: many times a large page's query."""

ID_FIELDS = ("documentId", "doc_id", "id")
"""Where clients put a document's id: the GraphQL over HTTP draft's appendix; Relay's own examples."""


class UnreadableDocuments(Exception):
    """A file of trusted documents that cannot be used. The text names the file, and the document if only one is
    wrong."""


class Documents:
    """Finds the document that a request names by an id.

    Args:
        trusted: texts by id, as client builds registered them.
        is_only_trusted: whether only those may be run.
        most_kept: how many documents that clients sent are kept for automatic persisted queries; the least recently
            used one is dropped first. 0, the default, keeps none.
    """

    def __init__(
        self, trusted: Mapping[str, str] | None = None, is_only_trusted: bool = False, most_kept: int = 0
    ) -> None:
        self._trusted = dict(trusted or {})
        self._texts = frozenset(self._trusted.values())
        self._is_only_trusted = is_only_trusted
        self._most_kept = most_kept
        self._kept: OrderedDict[str, str] = OrderedDict()

    def text_of(self, request: Mapping[str, Any]) -> str | None:
        """The document that a request asks to run; None where it names none at all.

        Raises:
            GraphQLError: an unknown id, a hash that is not the document's, or, where only trusted documents may be run,
                another document. Codes and messages are those that Apollo's clients expect.
        """
        query = request.get("query")
        given = query if isinstance(query, str) and query else None
        named = next((request[name] for name in ID_FIELDS if isinstance(request.get(name), str)), None)
        if named is not None and given is None:
            return self._registered(named)
        digest = _digest_of(request)
        if digest is not None:
            given = self._persisted(digest, given)
        if given is not None:
            self.admit(given)
        return given

    def admit(self, text: str) -> None:
        """Raises: GraphQLError, where the document may not be run here."""
        if self._is_only_trusted and text not in self._texts:
            raise coded(
                ErrorCode.DOCUMENT_NOT_TRUSTED,
                "Only registered documents are run here: send the id of one as documentId.",
            )

    def _registered(self, named: str) -> str:
        text = self._trusted.get(named) or self._trusted.get(named.removeprefix("sha256:"))
        if text is None:
            raise coded(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "No document is registered by that id.")
        return text

    def _persisted(self, digest: str, given: str | None) -> str:
        """Automatic persisted queries: a hash without a document asks for a kept one; with a document, that is kept.

        It is the same hash in capitals. Apollo's server takes no such one; were it kept as it came, one document would
        take as many places as there are ways to write its hash.
        """
        known = self._trusted.get(digest) or self._trusted.get(digest := digest.lower()) or self._kept.get(digest)
        if given is None:
            if known is None:
                raise self._unknown()
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return known
        if sha256(given.encode(errors="surrogatepass")).hexdigest() != digest:
            raise coded(ErrorCode.BAD_USER_INPUT, "extensions.persistedQuery.sha256Hash is not the query's.")
        self._keep(digest, given)
        return given

    def _unknown(self) -> GraphQLError:
        if self._most_kept and not self._is_only_trusted:
            return coded(ErrorCode.PERSISTED_QUERY_NOT_FOUND, "PersistedQueryNotFound")
        return coded(ErrorCode.PERSISTED_QUERY_NOT_SUPPORTED, "PersistedQueryNotSupported")

    def _keep(self, digest: str, text: str) -> None:
        if not self._most_kept or self._is_only_trusted or len(text) > LONGEST_KEPT:
            return
        self._kept[digest] = text
        self._kept.move_to_end(digest)
        if len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)


def read_trusted(paths: Iterable[str], schema: Any) -> dict[str, str]:
    """Texts by id from files as Relay's `persistedQueries` and GraphQL Code Generator's `persisted-documents.json` are:
    one JSON object, id to document. Each must be valid by the schema, so that a client's mistake shows at start.

    Raises: UnreadableDocuments.
    """
    documents: dict[str, str] = {}
    for path in paths:
        for name, text in _read(path).items():
            _check(path, name, text, schema)
            if documents.setdefault(name, text) != text:
                raise UnreadableDocuments(f"{path}: {name} stands for two documents.")
    return documents


def _read(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UnreadableDocuments(f"{path}: {error.strerror}.") from None
    except ValueError:
        raise UnreadableDocuments(f"{path}: is no JSON.") from None
    if not isinstance(found, dict):
        raise UnreadableDocuments(f"{path}: must be one JSON object, id to document.")
    return found


def _check(path: str, name: str, text: object, schema: Any) -> None:
    if not isinstance(text, str):
        raise UnreadableDocuments(f"{path}: {name} is no text.")
    try:
        errors = validate(schema, parse(text, no_location=True))
    except GraphQLError as error:
        errors = [error]
    if errors:
        raise UnreadableDocuments(f"{path}: {name} is not valid by the schema: {errors[0].message}")


def _digest_of(request: Mapping[str, Any]) -> str | None:
    match request.get("extensions"):
        case {"persistedQuery": {"sha256Hash": str(digest)}}:
            return digest
    return None
