"""Tokens that a gateway signs itself: for the command line, the demo, and whoever has no issuer."""

import time
from collections.abc import Callable

from joserfc import jwt
from joserfc.jwk import OctKey

from gateway.services.core.model.values import Role
from gateway.services.core.rules.inputs.subjects import subject_problem
from gateway.settings.model import Settings, SettingsError


def mint_token(
    settings: Settings, *, role: Role, subject: str, ttl_s: int, now: Callable[[], float] = time.time
) -> str:
    """A token this gateway accepts for the next `ttl_s` seconds, signed with its own secret.

    Raises: SettingsError where an issuer makes the tokens; ValueError for a subject no token may have.
    """
    if settings.signing_key is None:
        raise SettingsError(
            "GATEWAY_JWKS_URL is set, so tokens come from its issuer: there is no secret here to sign with."
        )
    if problem := subject_problem(subject):
        raise ValueError(problem)
    if ttl_s < 1:
        raise ValueError("a token is for at least one second")
    issued_at = int(now())
    claims = {"sub": subject, settings.jwt_role_claim: role.value, "iat": issued_at, "exp": issued_at + ttl_s}
    parties = {"iss": settings.jwt_issuer, "aud": settings.jwt_audience}
    claims |= {name: value for name, value in parties.items() if value is not None}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(settings.signing_key))
