"""GET /metrics at the API's own address: Prometheus' text, for whoever has the operator's token for it."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.errors import Refused
from gateway.schema.conventions.errors import ErrorCode
from gateway.settings.model import Settings

PATH = "/metrics"


def metrics_routes(settings: Settings) -> list[Route]:
    """None, unless `GATEWAY_METRICS_TOKEN` is set. Whichever process is asked tells of all of them."""
    if settings.metrics_token is None:
        return []
    from gateway.monitoring.door import everything_of, is_shown, rendered  # with its library, which is an extra

    registry = everything_of(settings)

    async def metrics(request: Request) -> Response:
        if not is_shown(settings, request.headers.get("authorization", "")):
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refused(401, ErrorCode.UNAUTHENTICATED, "Send GATEWAY_METRICS_TOKEN as the bearer token.", challenge)
        text, media_type = await asyncio.to_thread(rendered, registry, request.headers.get("accept", ""))
        return Response(text, headers={"Content-Type": media_type, "Cache-Control": "no-store"})

    return [Route(PATH, metrics, methods=["GET"])]
