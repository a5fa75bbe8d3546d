"""Whether the process answers, and whether it can serve."""

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from db.standing import Standing, standing
from gateway.bootstrap import Services


async def healthz(_: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """Whether requests can be served: the database answers, its schema is one of ours, and the writer is alive."""
    services: Services = request.app.state.services
    found = Standing(None)
    checks = {"database": False, "migrations": False, "writer": services.writer.is_alive}
    try:
        async with services.readers.connect() as connection:
            checks["database"] = True
            found = await connection.run_sync(standing)
            checks["migrations"] = found.is_usable
    except (DBAPIError, OSError):
        pass  # said by the answer
    is_ready = all(checks.values())
    schema = {"database": found.database, "gateway": found.code, "oldestGateway": found.oldest_code}
    answer = {"status": "ok" if is_ready else "unavailable", **checks, "schema": schema}
    return JSONResponse(answer, 200 if is_ready else 503)
