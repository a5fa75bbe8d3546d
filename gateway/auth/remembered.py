"""Tokens that were verified: by their digests, as many as have room, the one not used for longest going first."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from secrets import token_bytes

from joserfc.jwk import Key

from gateway.services.core.model.values import Actor

MOST_TOKENS = 16_384
"""Of callers that are active at once: seven megabytes. Only tokens that prove something are kept, so that no
stranger fills it."""


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """Whom a token speaks for, and until when, in Unix seconds; the allowed difference of clocks is added."""

    actor: Actor
    expires_at: float


@dataclass(frozen=True, slots=True)
class Remembered:
    """What verifying a token came to, and what has to hold for it to come to the same again.

    Args:
        key: what its signature was verified with; `key_id` and `algorithm` are its header's words for it.
        begins_at: before that it is not valid, in Unix seconds; the allowed difference of clocks is taken off.
    """

    verified: VerifiedToken
    key: Key
    key_id: str | None
    algorithm: str
    begins_at: float

    def is_valid_at(self, now: float) -> bool:
        return self.begins_at <= now < self.verified.expires_at


class RememberedTokens:
    """What is known of tokens by their digests: who reads this process's memory later finds no token in it. The digests
    are keyed by chance, so that nobody can choose two tokens of one digest."""

    def __init__(self, most: int = MOST_TOKENS) -> None:
        self._most = most
        self._secret = token_bytes(32)
        self._known: OrderedDict[bytes, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def find(self, token: bytes, now: float) -> Remembered | None:
        """What is known of a token that is valid now; of one that expired all is forgotten."""
        digest = self._digest(token)
        remembered = self._known.get(digest)
        if remembered is None:
            return None
        if not remembered.is_valid_at(now):
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return remembered

    def keep(self, token: bytes, remembered: Remembered) -> None:
        self._known[self._digest(token)] = remembered
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def _digest(self, token: bytes) -> bytes:
        return blake2b(token, digest_size=32, key=self._secret).digest()
