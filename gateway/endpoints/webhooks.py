"""The webhooks of providers: each is verified, stored once, and only then answered."""

from collections.abc import Callable
from datetime import datetime

import structlog
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.http.bodies import read_body
from gateway.http.errors import Refused
from gateway.schema.conventions.errors import ErrorCode
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.job_outcomes import EventStored
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.values import Provider
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.providers.base import BadSignature
from gateway.settings.model import Settings

log = structlog.get_logger(__name__)

PATH = "/webhooks/"

MOST_BYTES = 1024 * 1024
"""The largest body: many times a real event. `GATEWAY_LIMIT_BODY_BYTES` does not apply, as the provider decides."""

PROVIDERS = {provider.lower(): provider for provider in Provider}


def webhook_routes(
    events_of: Callable[[Request], ProviderEvents], clock: Callable[[], datetime], settings: Settings
) -> list[Route]:
    """`POST /webhooks/{provider}`. It is for no bearer of tokens: the signature over the body is the proof. With a
    slash at its end as well, as people type it into dashboards: providers follow no redirect.

    | status | when                                                                            |
    |--------|---------------------------------------------------------------------------------|
    | 200    | the event is in our books, since now or before; what follows from it is a job's |
    | 400    | nothing proves that the provider sent it, or sent it now, or it is no event in  |
    |        | JSON whose names and ids are plain text; nothing was kept                       |
    | 404    | no such provider, or none that is set up here                                   |
    | 408    | the body did not come within `GATEWAY_LIMIT_BODY_S`; it is sent again           |
    | 413    | more than `MOST_BYTES`                                                          |
    | 503    | it could not be kept now; the provider sends it again                           |
    """

    class Webhooks(HTTPEndpoint):
        async def post(self, request: Request) -> Response:
            return await _answer(request, events_of(request), clock(), settings)

    return [Route(path, Webhooks) for path in (f"{PATH}{{provider}}", f"{PATH}{{provider}}/")]


async def _answer(request: Request, events: ProviderEvents, now: datetime, settings: Settings) -> Response:
    name = PROVIDERS.get(request.path_params["provider"])
    provider = None if name is None else events.purchases.providers.by_name.get(name)
    if provider is None:
        raise Refused(404, ErrorCode.NOT_FOUND, "no such provider is set up here")
    body = await read_body(request, MOST_BYTES, settings.limit_body_s)
    try:
        received = provider.read_webhook(request.headers, body, now)
    except BadSignature as error:
        log.warning("webhook refused", provider=provider.name.value, reason=str(error))
        raise Refused(400, ErrorCode.BAD_USER_INPUT, str(error)) from None
    event = ProviderEvent(
        events.purchases.new_id(), provider.name, received.event_id, received.type, received.references, now
    )
    outcome = await events.store(event, received.metadata)
    if isinstance(outcome, Busy):
        retry = {"Retry-After": str(outcome.retry_after_s)}
        raise Refused(503, ErrorCode.BUSY, "too busy to keep it now", retry)
    assert isinstance(outcome, EventStored), outcome
    return JSONResponse({"stored": True})


def refusal_response(refused: Refused) -> Response:
    """The refusal, short enough for a provider's log."""
    return JSONResponse({"stored": False, "reason": refused.detail}, refused.status_code, refused.headers)
