"""Documents that are kept as they were read, as many as have room in bytes: the least lately used goes first."""

from collections import OrderedDict
from collections.abc import Callable
from sys import getsizeof
from typing import Generic, Protocol, TypeVar

from graphql import DocumentNode, GraphQLError

ROOM_BYTES = 64 * 2**20
"""For hundreds of pages' queries, and thousands of small ones. Anybody may send documents, each another one, so that a
bound of their number alone would let a stranger fill a process with the longest."""

TOKEN_BYTES, ERROR_BYTES = 700, 1_500
"""What a token takes with its place in the syntax tree, and an error of validation with its text; as measured."""

TEXTS = 2
"""A text is kept as the key, and once more in its tree, where much of it is comments."""


class Read(Protocol):
    """What is known of a text."""

    @property
    def node(self) -> DocumentNode: ...

    @property
    def errors(self) -> tuple[GraphQLError, ...]: ...


Known = TypeVar("Known", bound=Read)


class KeptDocuments(Generic[Known]):
    """`read` makes of a text what is known of it, or raises; what it raises is not kept."""

    def __init__(self, read: Callable[[str], Known], room_bytes: int = ROOM_BYTES) -> None:
        self._read, self._room_bytes = read, room_bytes
        self._kept: OrderedDict[str, tuple[Known, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def known(self, text: str) -> Known | None:
        """What is known of the text, where it is kept."""
        kept = self._kept.get(text)
        if kept is None:
            return None
        self._kept.move_to_end(text)
        return kept[0]

    def of(self, text: str) -> Known:
        """What is known of the text. Raises as `read` does."""
        if (known := self.known(text)) is not None:
            return known
        known = self._read(text)
        self._keep(text, known, bytes_of(text, known))
        return known

    def grow(self, text: str, size: int) -> None:
        """What is known of the text takes so many bytes more from here on."""
        if text in self._kept:
            known, before = self._kept[text]
            self.bytes -= before
            self._keep(text, known, before + size)

    def _keep(self, text: str, known: Known, size: int) -> None:
        self._kept[text] = known, size
        self.bytes += size
        while self.bytes > self._room_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self.bytes -= freed


def bytes_of(text: str, known: Read) -> int:
    """About what it takes to keep it."""
    tokens, token = 0, known.node.loc.start_token if known.node.loc else None
    while token is not None:
        tokens, token = tokens + 1, token.next
    return TEXTS * getsizeof(text) + TOKEN_BYTES * tokens + ERROR_BYTES * len(known.errors)
