"""Health checks: whether the process answers, and whether it can serve."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.bootstrap import Services


async def healthz(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether requests can be served: the database answers, its schema is one of ours, the writer is alive, and the
    gateway was not told to stop. `clock` is false where the clock leapt, or was in doubt at the start. That keeps
    nobody from being served, for time goes on as before: else one wrong time server took all processes out of service,
    or left it to those that began since, and believe it. Likewise `failing`: what goes on beside
    requests, such as running jobs, and ended unexpectedly; it is begun again."""
    if not request.app.state.leaving.is_ready:
        return JSONResponse({"status": "stopping"}, 503)
    services: Services = request.app.state.services
    found = await services.readiness()
    checks = {"database": found.is_in_reach, "migrations": found.schema.is_usable, "writer": found.is_writing}
    is_ready = all(checks.values())
    checks["clock"] = found.is_clock_going_on and found.is_clock_proven
    schema = {
        "database": found.schema.database,
        "gateway": found.schema.code,
        "oldestGateway": found.schema.oldest_code,
    }
    answer: dict[str, object] = {"status": "ok" if is_ready else "unavailable", **checks, "schema": schema}
    if found.reason is not None:
        answer["reason"] = found.reason
    if found.failing:
        answer["failing"] = found.failing
    return JSONResponse(answer, 200 if is_ready else 503)
