"""The old REST route: POST /api/v1/purchases with the old JSON body, by the same service as `createPurchase`.

    {"studentId": …, "courseId": "crs_…" or its UUID, "purchaseTier": … or "sessionCount": …,
     "expiryDate": …, "metadata": {"isSundayOnly": …, "sessionDuration": …, "timeSlot": …, …}}

`expiryDate` is an instant, or a day: then the access lasts to the end of that day in the slot's time zone.

Each answer has the old envelope, `statusCode` being the HTTP status as well:

    {"success": true, "statusCode": 201, "message": "Purchase created successfully", "data": purchase}
    {"success": false, "statusCode": 400, "message": …, "code": "INVALID_INPUT", "errors": [{"path", "message"}]}

201 created; 200 the same exists already; 400 invalid fields; 401, 403 no SERVICE or ADMIN; 404 no such course; 409 a
different one exists: it is in `data`, and the old callers take a 409 for done; 413 too large; 415 no JSON; 422 the
`Idempotency-Key` was used with other input: nothing was done, and it must not be taken for done; 429 too many at a
time: nothing was done; 503 busy: its message says whether it may have been done. After these two make the same call
again, once `Retry-After` is over."""

import json
from collections.abc import Callable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.auth.bearer import viewer_of
from gateway.endpoints.rest_input import BodyReader
from gateway.http.bodies import ANY_JSON, check_type, read_body, read_object
from gateway.http.callers import Callers
from gateway.http.errors import Refused, too_often
from gateway.resolvers.answers import problem_of
from gateway.schema.conventions import ids
from gateway.schema.conventions.errors import ErrorCode, busy, forbidden, rate_limited, unauthenticated
from gateway.schema.conventions.scalars import write_instant
from gateway.schema.problems import ProblemCode
from gateway.services.core.legacy.values import written_slot
from gateway.services.core.model import outcomes
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Actor, Purchase, Role
from gateway.services.purchases import Purchases
from gateway.settings.model import Settings

PATH = "/api/v1/purchases"
KEY = "Idempotency-Key"
ROLES = frozenset({Role.ADMIN, Role.SERVICE})


def purchases_route(purchases_of: Callable[[Request], Purchases], settings: Settings, callers: Callers) -> Route:
    """The route. A call counts as one mutation of its caller's rate, and a long body is paid for."""

    async def create(request: Request) -> Response:
        actor = _permitted(viewer_of(request))
        if wait_s := callers.mutations.take(request, actor, 1):
            raise too_often(rate_limited(wait_s))
        check_type(request, ANY_JSON)
        content = await read_body(request, settings.limit_body_bytes, settings.limit_body_s)
        if (refusal := callers.of(request, actor).parse(len(content))) is not None:
            raise too_often(refusal)
        body = read_object(content)
        purchases, reading = purchases_of(request), BodyReader(body, settings.default_time_zone)
        key = _key(request, reading)
        return _answer(await purchases.submit(reading.command(actor, purchases.new_id(), key), reading.problems))

    return Route(PATH, create, methods=["POST"])


def refusal_response(refused: Refused) -> Response:
    """The refusal in the old envelope."""
    return _refusal(refused.status_code, refused.code, refused.detail, headers=refused.headers)


def _permitted(actor: Actor | None) -> Actor:
    """Raises: Refused, where the caller may not ask at all."""
    if actor is None:
        raise Refused(401, ErrorCode.UNAUTHENTICATED, unauthenticated().message, {"WWW-Authenticate": "Bearer"})
    if actor.role not in ROLES:
        raise Refused(403, ErrorCode.FORBIDDEN, forbidden(" or ".join(sorted(ROLES))).message)
    return actor


def _key(request: Request, reading: BodyReader) -> str | None:
    keys = request.headers.getlist(KEY)
    if len(keys) > 1:
        reading.note("must be given once only", KEY)
    return keys[0] if keys else None


def _answer(outcome: outcomes.Outcome) -> Response:
    match outcome:
        case outcomes.Created(purchase, already_processed=False):
            return _success(201, "Purchase created successfully", purchase)
        case outcomes.Created(purchase):
            return _success(200, "Purchase exists already", purchase)
        case outcomes.InvalidInput(fields):
            return _invalid(fields)
        case outcomes.MetadataConflict(differences, existing):
            return _problem(409, outcome, existing, [_difference(each) for each in differences])
        case outcomes.ActivePurchaseExists(existing):
            return _problem(409, outcome, existing)
        case outcomes.IdempotencyKeyReused():
            return _problem(422, outcome)
        case outcomes.NotFound():
            return _problem(404, outcome)
        case outcomes.Busy(retry_after_s, may_be_done):
            message = busy(retry_after_s, may_be_done=may_be_done).message
            raise _later(503, ErrorCode.BUSY, message, retry_after_s)
        case _:
            raise AssertionError(f"{type(outcome).__name__} is no end of a createPurchase")


def _success(status: int, message: str, purchase: Purchase) -> Response:
    content = {"success": True, "statusCode": status, "message": message, "data": _shown(purchase)}
    return _response(status, content, {})


def _problem(
    status: int, outcome: outcomes.Refusal, existing: Purchase | None = None, errors: Sequence[Mapping[str, str]] = ()
) -> Response:
    """The problem with the code and message that GraphQL has for it."""
    problem = problem_of(outcome)
    data = None if existing is None else _shown(existing)
    return _refusal(status, problem.code.name, problem.message, errors, data)


def _invalid(fields: Sequence[outcomes.FieldProblem]) -> Response:
    errors = [{"path": _dotted(each.path), "message": each.message} for each in fields]
    message = "; ".join(f"{each['path']} {each['message']}" for each in errors)
    return _refusal(400, ProblemCode.INVALID_INPUT.name, message, errors)


def _dotted(path: tuple[str, ...]) -> str:
    return KEY if path == ("idempotencyKey",) else ".".join(path)


def _difference(difference: outcomes.Difference) -> dict[str, str]:
    field = difference.field
    path = field if field == "expiryDate" else f"metadata.{field}"
    return {"path": path, "message": f"stands as {difference.stored}; given was {difference.given}"}


def _shown(purchase: Purchase) -> dict[str, object]:
    """A purchase in the old form; its metadata is in the form that this route reads."""
    expires_at = purchase.access.expires_at
    return {
        "id": ids.to_text(ids.PURCHASE, purchase.id),
        "studentId": purchase.student_id,
        "courseId": ids.to_text(ids.COURSE, purchase.course_id),
        "purchaseTier": purchase.tier,
        "status": purchase.status.value,
        "sessionsTotal": purchase.access.sessions_total,
        "sessionsUsed": purchase.access.sessions_used,
        "expiryDate": None if expires_at is None else write_instant(expires_at),
        "metadata": _shown_metadata(purchase.metadata),
        "createdAt": write_instant(purchase.created_at),
    }


def _shown_metadata(metadata: Metadata) -> dict[str, object]:
    slot = metadata.slot
    return {label.key: label.value for label in metadata.labels} | {
        "isSundayOnly": metadata.is_sunday_only,
        "sessionDuration": metadata.session_duration,
        "timeSlot": written_slot(slot, metadata.session_duration),
        "timeZone": slot.time_zone,
        "date": None if metadata.date is None else metadata.date.isoformat(),
    }


def _later(status: int, code: ErrorCode, message: str, retry_after_s: int) -> Refused:
    return Refused(status, code, message, {"Retry-After": str(retry_after_s)})


def _refusal(
    status: int,
    code: str,
    message: str,
    errors: Sequence[Mapping[str, str]] = (),
    data: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    content = {"success": False, "statusCode": status, "message": message, "code": code, "errors": list(errors)}
    return _response(status, content if data is None else content | {"data": data}, headers or {})


def _response(status: int, content: Mapping[str, object], headers: Mapping[str, str]) -> Response:
    # In ASCII: a path may quote a lone surrogate, which only escapes can carry.
    body = json.dumps(content, separators=(",", ":"))
    return Response(body, status, {**headers, "Cache-Control": "no-store"}, media_type="application/json")
