"""The graphql-transport-ws endpoint: checks who may open a socket, and serves it."""

from collections.abc import Awaitable, Callable, Collection

from graphql import GraphQLError
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from gateway.auth.bearer import verified_of, viewer_of
from gateway.auth.remembered import VerifiedToken
from gateway.context import Context
from gateway.execution.executor import Executor
from gateway.http.callers import Callers
from gateway.http.json import write
from gateway.http.sockets import Seat
from gateway.schema.conventions.errors import busy
from gateway.services.core.model.values import Actor
from gateway.streaming.bounds import Bounds
from gateway.streaming.connection import Connection
from gateway.streaming.lifetimes import StreamLifetimes

PROTOCOL = "graphql-transport-ws"

RETRY_AFTER_S = 5
"""Where there is no room for one more socket."""

FOREIGN_ORIGIN, NO_PROTOCOL = 1008, 4406


class GraphQLSocket:
    """ASGI endpoint of a WebSocket.

    Args:
        verify: verifies a token, see `TokenVerifier.verify`.
        make_context: the context of an operation, which is a request of its own.
        callers: who has how many sockets, and pays for them.
        allowed_origins: the sites, besides our own, whose pages may open a socket; browsers do not check that.
    """

    def __init__(
        self,
        executor: Executor,
        verify: Callable[[str], Awaitable[VerifiedToken]],
        make_context: Callable[[WebSocket, Actor | None], Context],
        lifetimes: StreamLifetimes,
        callers: Callers,
        allowed_origins: Collection[str] = (),
        bounds: Bounds = Bounds(),  # noqa: B008  # frozen
    ) -> None:
        self._executor, self._verify, self._make_context = executor, verify, make_context
        self._lifetimes, self._callers, self._bounds = lifetimes, callers, bounds
        self._allowed_origins = normalize_allowed_origins(allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        if not self._may_open(socket):
            await socket.close(FOREIGN_ORIGIN)  # not accepted yet, so that it is answered 403
            return
        viewer = viewer_of(socket)
        if (refusal := self._callers.of(socket, viewer).connect()) is not None:
            await _refuse(socket, 429, refusal)
            return
        seat = self._callers.sockets.seat(self._callers.network_of(socket), viewer)
        if seat is None:
            await _refuse(socket, 503, busy(RETRY_AFTER_S))
            return
        with seat:
            await self._serve(socket, seat)

    async def _serve(self, socket: WebSocket, seat: Seat) -> None:
        is_spoken = PROTOCOL in socket.scope["subprotocols"]
        await socket.accept(PROTOCOL if is_spoken else None)
        if not is_spoken:
            await socket.close(NO_PROTOCOL, "Subprotocol not acceptable")
            return
        connection = Connection(
            socket,
            self._executor,
            self._verify,
            lambda viewer: self._make_context(socket, viewer),
            lambda viewer: self._callers.of(socket, viewer),
            verified_of(socket),
            seat,
            self._lifetimes,
            self._bounds,
        )
        await connection.serve()

    def _may_open(self, socket: WebSocket) -> bool:
        """Pages of other sites may not: a browser would send whatever credentials it has for us."""
        origin = socket.headers.get("origin")
        if origin is None or is_same_origin(origin, socket.headers.get("host")):
            return True
        return "*" in self._allowed_origins or normalize_origin(origin) in self._allowed_origins


async def _refuse(socket: WebSocket, status: int, error: GraphQLError) -> None:
    """Before it is accepted, so that it takes no room: with that status where the server can, else a 403."""
    if "websocket.http.response" not in socket.scope.get("extensions", {}):
        await socket.close()
        return
    after_s = (error.extensions or {})["retryAfterSeconds"]
    headers = {"Content-Type": "application/json", "Retry-After": str(after_s)}
    await socket.send_denial_response(Response(write({"errors": [error.formatted]}), status, headers))
