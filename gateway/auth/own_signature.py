"""Tokens that bear our own signature, told by it alone once their header is known to be in order."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from joserfc.util import urlsafe_b64decode

USUAL = frozenset({"alg", "typ", "kid"})
"""What a header has that asks for nothing out of the ordinary."""

MOST_HEADERS = 64
"""Headers that are known: who makes our tokens has one or two."""


class OwnSignature:
    """HS256 by one secret (RFC 7515 §5.2). What it does not tell is left to who verifies any token."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._headers: set[bytes] = set()

    def is_on(self, token: bytes) -> bool:
        """Whether the last part is the rest's HMAC by SHA-256, in the one spelling that it has."""
        rest, _, signature = token.rpartition(b".")
        genuine = urlsafe_b64encode(hmac.digest(self._secret, rest, "sha256")).rstrip(b"=")
        return hmac.compare_digest(genuine, signature)

    def learn(self, token: bytes, header: Mapping[str, object]) -> None:
        """That a token of ours was verified, and so that its header is in order."""
        if header.keys() <= USUAL and header.get("alg") == "HS256" and len(self._headers) < MOST_HEADERS:
            self._headers.add(token.partition(b".")[0])

    def payload_of(self, token: bytes) -> bytes | None:
        """What a token says on which our signature is; None, where its header is not known, or it is malformed."""
        header, _, rest = token.partition(b".")
        if header not in self._headers:
            return None
        try:
            payload: bytes = urlsafe_b64decode(rest.rpartition(b".")[0])
        except ValueError:
            return None
        return payload
