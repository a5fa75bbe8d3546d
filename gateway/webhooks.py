"""The providers' door: a webhook is verified, kept once, and only then answered."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from starlette.endpoints import HTTPEndpoint
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uuid_utils.compat import uuid7

from gateway.services.core.commands import StoreEvent
from gateway.services.core.outcomes import Busy, EventStored
from gateway.services.core.values import Provider
from gateway.services.core.work import ProviderEvent
from gateway.services.providers.base import BadSignature
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)

MOST_BYTES = 1024 * 1024
"""Of a body: many times a real event. Anybody may send one, so it is not read to its end to be found too large."""

PROVIDERS = {provider.lower(): provider for provider in Provider}


def webhook_route(purchases_of: Callable[[Request], Purchases], clock: Callable[[], datetime]) -> Route:
    """`POST /webhooks/{provider}`. It is for no bearer of tokens: the signature over the body is the proof.

    | status | when                                                                            |
    |--------|---------------------------------------------------------------------------------|
    | 200    | the event is in our books, since now or before; what follows from it is a job's |
    | 400    | nothing proves that the provider sent it, or sent it now; nothing was kept      |
    | 404    | no such provider, or none that is set up here                                   |
    | 413    | more than `MOST_BYTES`                                                          |
    | 503    | it could not be kept now; the provider sends it again                           |
    """

    class Webhooks(HTTPEndpoint):
        async def post(self, request: Request) -> Response:
            return await _answer(request, purchases_of(request), clock())

    return Route("/webhooks/{provider}", Webhooks)


async def _answer(request: Request, purchases: Purchases, now: datetime) -> Response:
    name = PROVIDERS.get(request.path_params["provider"])
    provider = None if name is None else purchases.providers.get(name)
    if provider is None:
        return _refused(404, "no such provider is set up here")
    try:
        body = await _body(request)
    except ClientDisconnect:
        return _refused(400, "the body did not come to its end")  # nobody hears it
    if body is None:
        return _refused(413, f"the body may have {MOST_BYTES} bytes")
    try:
        notice = provider.read_webhook(request.headers, body, now)
    except BadSignature as error:
        log.warning("webhook refused", provider=provider.name.value, reason=str(error))
        return _refused(400, str(error))
    event_id: UUID = uuid7()
    event = ProviderEvent(event_id, provider.name, notice.event_id, notice.type, notice.references, now)
    outcome = await purchases.submit(StoreEvent(event))
    if isinstance(outcome, Busy):
        return _refused(503, "too busy to keep it now", {"Retry-After": str(outcome.retry_after_s)})
    assert isinstance(outcome, EventStored), outcome
    return JSONResponse({"stored": True})


async def _body(request: Request) -> bytes | None:
    """The raw body; None for one that is too large, of which no more is held than the limit and a chunk."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"stored": False, "reason": reason}, status, headers)
