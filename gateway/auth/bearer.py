"""The caller of a request: its bearer token read, verified and kept for the endpoints."""

import re

from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser
from starlette.requests import HTTPConnection

from gateway.auth.remembered import VerifiedToken
from gateway.auth.tokens import InvalidToken, TokenVerifier
from gateway.services.core.model.values import Actor

_CREDENTIALS = re.compile(r"bearer +([a-z0-9._~+/-]+=*)", re.IGNORECASE | re.ASCII)  # RFC 6750 §2.1


class AuthenticatedActor(BaseUser):
    """The caller, as Starlette's `request.user`."""

    def __init__(self, verified: VerifiedToken) -> None:
        self.verified = verified
        self.actor = verified.actor

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.actor.id

    @property
    def identity(self) -> str:
        return self.actor.id


class BearerBackend(AuthenticationBackend):
    """Reads the Authorization header; without one, the caller is anonymous."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """Raises: InvalidToken, KeysUnavailable; both are Starlette's AuthenticationError."""
        headers = conn.headers.getlist("authorization")
        if not headers:
            return None
        if len(headers) > 1:
            raise InvalidToken("There must be one Authorization header.")
        verified = await self._verifier.verify(bearer_token(headers[0]))
        return AuthCredentials(["authenticated"]), AuthenticatedActor(verified)


def bearer_token(authorization: str) -> str:
    """The token in an Authorization header's value. Raises: InvalidToken."""
    match = _CREDENTIALS.fullmatch(authorization)
    if match is None:
        raise InvalidToken("The Authorization header must read: Bearer <token>.")
    return match[1]


def viewer_of(conn: HTTPConnection) -> Actor | None:
    """Whom the request speaks for; None for an anonymous one."""
    verified = verified_of(conn)
    return verified.actor if verified else None


def verified_of(conn: HTTPConnection) -> VerifiedToken | None:
    """Whom the request speaks for, and until when; None for an anonymous one."""
    user = conn.scope.get("user")
    return user.verified if isinstance(user, AuthenticatedActor) else None
