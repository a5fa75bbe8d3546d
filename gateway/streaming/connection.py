"""One graphql-transport-ws connection: its client's messages in turn, and its operations concurrently."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.auth.bearer import bearer_token
from gateway.auth.jwks import KeysUnavailable
from gateway.auth.remembered import VerifiedToken
from gateway.auth.tokens import InvalidToken
from gateway.context import Context
from gateway.execution.executor import Executor
from gateway.execution.masking import report
from gateway.execution.observing import log_fields
from gateway.execution.operations import Operation, Result
from gateway.http.callers import Caller
from gateway.http.json import write
from gateway.http.rate_limits import Buckets
from gateway.http.sockets import Seat
from gateway.http.telemetry import identified, request_id_of
from gateway.schema.conventions.errors import busy, token_expired
from gateway.services.core.model.values import Actor
from gateway.streaming import closes
from gateway.streaming.bounds import MESSAGE_BYTES, Bounds
from gateway.streaming.closes import Close
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.messages import BadMessage, Complete, Init, Ping, Pong, Subscribe, read
from gateway.streaming.results import Ending, until

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 5


@dataclass(slots=True)
class Last:
    """The last result of an operation, and how many there were."""

    result: Result | None = None
    count: int = 0


class Connection:
    """Serves one socket that was accepted.

    Args:
        verify: verifies a token, see `TokenVerifier.verify`.
        make_context: the context of one operation.
        caller_of: who pays.
        verified: the token of the handshake's own header; one in `connection_init` replaces it.
        seat: the room that the socket takes: its viewer's, once a token has said who that is.
    """

    def __init__(
        self,
        socket: WebSocket,
        executor: Executor,
        verify: Callable[[str], Awaitable[VerifiedToken]],
        make_context: Callable[[Actor | None], Context],
        caller_of: Callable[[Actor | None], Caller],
        verified: VerifiedToken | None,
        seat: Seat,
        lifetimes: StreamLifetimes,
        bounds: Bounds,
    ) -> None:
        self._socket, self._executor, self._verify, self._make_context = socket, executor, verify, make_context
        self._verified, self._seat, self._lifetimes, self._bounds = verified, seat, lifetimes, bounds
        self._caller_of, self._caller = caller_of, caller_of(verified.actor if verified else None)
        self._messages = Buckets(bounds.most_messages, bounds.messages_per_s, asyncio.get_running_loop().time)
        self._rests_since = asyncio.get_running_loop().time()
        """When something was under way last, by the loop's clock; or from the beginning."""
        self._is_initialised = False
        self._ending: Ending | None = None
        """The connection's, from its acknowledgement on."""
        self._until_known = ExitStack()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Future[Close | None] = asyncio.get_running_loop().create_future()
        """Its result is how the connection is to be closed; None where the client does not read."""

    async def serve(self) -> None:
        """Serve until the client leaves, or the connection has to be closed."""
        reading = asyncio.create_task(self._read())
        reading.add_done_callback(self._look_after)
        late = asyncio.get_running_loop().call_later(self._bounds.init_s, self._close, closes.INIT_LATE)
        self._look_whether_idle()
        self._seat.when_it_gives_way(lambda: self._close(closes.NO_ROOM))
        with ExitStack() as self._on_leaving:
            # A client that has not said yet who it is, is told as well when the process stops.
            unknown = self._until_known.enter_context(self._lifetimes.until(None))
            unknown.add_done_callback(self._leave)
            self._on_leaving.enter_context(self._until_known)
            try:
                ends: set[asyncio.Future[Any]] = {reading, self._closing}
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if self._tasks and self._ending is not None and self._ending.done():
                    await asyncio.wait(self._tasks)  # each sends its own last message
            finally:
                late.cancel()
                self._idle.cancel()
                for task in (reading, *self._tasks):
                    task.cancel()
                await asyncio.gather(reading, *self._tasks, return_exceptions=True)
        if self._closing.done() and (close := self._closing.result()) is not None:
            with suppress(WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(self._bounds.stalled_s):
                    await self._socket.close(close.code, close.reason)

    async def _read(self) -> None:
        while not self._closing.done():
            frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            text = frame.get("text")
            if not self._may_say(1 + len(text or "") // MESSAGE_BYTES):
                self._close(closes.TOO_OFTEN)
            elif text is None:
                self._close(closes.BAD_DATA)
            elif len(text) > self._bounds.most_message_bytes:
                self._close(closes.TOO_LONG)
            else:
                await self._handle(text)

    async def _handle(self, text: str) -> None:
        try:
            message = read(text)
        except BadMessage as bad:
            self._close(Close(4400, str(bad)))
            return
        match message:
            case Init(authorization):
                await self._initialise(authorization)
            case Ping():
                await self._send(type="pong")
            case Pong():
                pass
            case Subscribe(operation_id, operation):
                await self._subscribe(operation_id, operation)
            case Complete(operation_id):
                if task := self._operations.pop(operation_id, None):
                    task.cancel()

    async def _initialise(self, authorization: str | None) -> None:
        if self._is_initialised:
            self._close(closes.INIT_TWICE)
            return
        self._is_initialised = True
        try:
            if authorization is not None:
                self._verified = await self._verify(bearer_token(authorization))
        except InvalidToken:
            self._close(closes.FORBIDDEN)
            return
        except KeysUnavailable:
            self._close(closes.TRY_LATER)
            return
        if authorization is not None and (refusal := self._introduced()) is not None:
            self._close(refusal)
            return
        expires_at = self._verified.expires_at if self._verified else None
        self._until_known.close()
        self._ending = self._on_leaving.enter_context(self._lifetimes.until(expires_at))
        self._ending.add_done_callback(self._leave)
        await self._send(type="connection_ack")

    def _introduced(self) -> Close | None:
        """The socket is its viewer's from now on, unless there is a reason to close it."""
        assert self._verified is not None, "a token was shown"
        viewer = self._verified.actor
        self._caller = self._caller_of(viewer)
        if self._caller.ask(0, 0) is not None:
            return closes.CONNECTS_TOO_OFTEN
        return None if self._seat.give_to(viewer) else closes.TOO_MANY

    async def _subscribe(self, operation_id: str, operation: Operation) -> None:
        if self._ending is None:
            self._close(closes.UNACKNOWLEDGED)
        elif operation_id in self._operations:
            self._close(Close(4409, f"Subscriber for {operation_id[:64]} already exists"))
        elif len(self._operations) >= self._bounds.most_operations:
            await self._send(type="error", id=operation_id, payload=[busy(RETRY_AFTER_S).formatted])
        else:
            task = asyncio.create_task(self._run(operation_id, operation, self._ending))
            self._operations[operation_id] = task
            self._tasks.add(task)
            self._seat.hold()
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(self._look_after)

    async def _run(self, operation_id: str, operation: Operation, ending: Ending) -> None:
        context = self._make_context(self._verified.actor if self._verified else None)
        with identified(request_id_of(None)):
            begun, last = perf_counter(), Last()
            try:
                await self._answer(operation_id, operation, context, ending, last)
            finally:
                took_ms = round((perf_counter() - begun) * 1000, 1)
                fields = log_fields(context, last.result) | {"address": context.address}
                told = {name: value for name, value in fields.items() if value is not None}
                log.info("operation", transport="websocket", took_ms=took_ms, results=last.count, **told)

    async def _answer(
        self, operation_id: str, operation: Operation, context: Context, ending: Ending, last: "Last"
    ) -> None:
        is_finished = not self._executor.is_subscription(operation)
        results_until = until(ending, self._executor.stream(operation, context), is_finished=is_finished)
        async with aclosing(results_until) as results:
            async for result in results:
                assert result is not None, "no heartbeat was asked for: a WebSocket has its own"
                last.result, last.count = result, last.count + 1
                if result.is_refusal:
                    self._operations.pop(
                        operation_id
                    )  # before the message, after which the client may use the id again
                    await self._send(type="error", id=operation_id, payload=result.payload["errors"])
                    return
                await self._send(type="next", id=operation_id, payload=result.payload)
        self._operations.pop(operation_id)
        await self._send(type="complete", id=operation_id)

    async def _send(self, **message: object) -> None:
        """Raises: TimeoutError, where the client takes nothing for too long; WebSocketDisconnect, where it is gone."""
        async with asyncio.timeout(self._bounds.stalled_s):
            await self._socket.send_text(write(message).decode())

    def _may_say(self, count: int) -> bool:
        """Whether the client may send a message of that weight now."""
        if self._messages.wait_s(None, count) > 0:
            return False
        self._messages.take(None, count)
        return self._caller.may_say(count)

    def _look_whether_idle(self) -> None:
        """Close a connection on which nothing was under way for too long; else look again."""
        loop, idle_s = asyncio.get_running_loop(), self._bounds.idle_s
        quiet_s = 0.0 if self._tasks else loop.time() - self._rests_since
        if quiet_s >= idle_s and self._is_initialised:
            self._close(closes.IDLE)
        left_s = idle_s - quiet_s
        self._idle = loop.call_later(left_s if left_s > 0 else idle_s, self._look_whether_idle)

    def _close(self, close: Close | None) -> None:
        if not self._closing.done() and not (close is closes.INIT_LATE and self._is_initialised):
            self._closing.set_result(close)

    def _leave(self, ending: Ending) -> None:
        if not ending.cancelled():
            is_expired = ending.result().extensions == token_expired().extensions
            self._close(closes.TOKEN_EXPIRED if is_expired else closes.STOPPING)

    def _look_after(self, task: asyncio.Task[None]) -> None:
        """Close the connection where a task ended with an error."""
        self._rests_since = asyncio.get_running_loop().time()
        if not self._tasks:
            self._seat.rest()
        match None if task.cancelled() else task.exception():
            case None | WebSocketDisconnect():
                pass  # the reading task ends with it as well
            case TimeoutError():
                log.warning("a client that does not read was disconnected", waited_s=self._bounds.stalled_s)
                self._close(None)
            case error:
                report(error)
                self._close(closes.FAILED)
