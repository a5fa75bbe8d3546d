"""One POST to a subscriber: its time limit, and what each answer means."""

import ssl
from asyncio import timeout
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from math import ceil

import httpx

from gateway.services import tracing
from gateway.services.subscribers.base import Undelivered

DEADLINE_S = 10.0
"""From the look-up of the host to the status of the answer: the old payment service's time-out."""

LONGEST_RETRY_AFTER_S = 3600
"""The longest wait that a subscriber may ask for: a mistake of its own must not delay an event for days."""

_ASKS_TO_WAIT = frozenset({429, 503})

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _Answer:
    """All that is read of an answer: its body may be endless, and decides nothing."""

    status: int
    retry_after: str


class HttpDelivery:
    """Sends to one address. Its query may be a secret, so no text or repr of ours contains it.

    Args:
        clock: the present instant, by which a date in Retry-After is counted.
        taken: statuses besides 2xx that mean that the subscriber has the event.
    """

    def __init__(
        self,
        url: str,
        clock: Clock,
        deadline_s: float = DEADLINE_S,
        transport: httpx.AsyncBaseTransport | None = None,
        taken: frozenset[int] = frozenset(),
    ) -> None:
        self._url, self._clock, self._deadline_s, self._taken = url, clock, deadline_s, taken
        self._client = httpx.AsyncClient(
            headers={"user-agent": "course-gateway"},
            timeout=deadline_s,  # it starts again with every byte, so that another one counts over all
            follow_redirects=False,
            # A connection serves one delivery: what is left unread of an answer goes with it.
            limits=httpx.Limits(max_keepalive_connections=0),
            # No cookie is kept, or a subscriber could fill the memory, and the next request, with them.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"request": [tracing.propagate], "response": [_forget_redirect]},
            transport=transport,
        )

    async def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises: Undelivered, without a trace of the request, which holds secrets."""
        answer = await self._send(body, headers)
        if isinstance(answer, str):
            raise Undelivered(answer)
        if not (200 <= answer.status < 300 or answer.status in self._taken):
            raise Undelivered(f"answered {answer.status}", self._retry_after_s(answer))

    async def close(self) -> None:
        await self._client.aclose()

    async def _send(self, body: bytes, headers: Mapping[str, str]) -> _Answer | str:
        """The answer, or why there is none."""
        try:
            async with (
                timeout(self._deadline_s),
                self._client.stream("POST", self._url, content=body, headers=headers) as response,
            ):
                return _Answer(response.status_code, response.headers.get("retry-after", "").strip())
        except (TimeoutError, httpx.TimeoutException):
            return f"did not answer within {self._deadline_s:g} s"
        except httpx.RequestError as error:
            return _failure(error)

    def _retry_after_s(self, answer: _Answer) -> int:
        """The wait that the answer asks for, in whole seconds; 0 where it asks for none, or cannot be read."""
        if answer.status not in _ASKS_TO_WAIT:
            return 0
        text = answer.retry_after
        if text.isascii() and text.isdigit():
            asked_s = int(text) if len(text) < 10 else LONGEST_RETRY_AFTER_S
        else:
            asked_s = seconds_until(text, self._clock())
        return min(asked_s, LONGEST_RETRY_AFTER_S)


async def _forget_redirect(response: httpx.Response) -> None:
    """Redirects are not followed, but httpx would parse the address all the same, and fails on some."""
    response.headers.pop("location", None)


def seconds_until(date: str, now: datetime) -> int:
    """Until an HTTP-date, in any of the three forms of RFC 9110 §5.6.7; 0 where it is past, or none."""
    try:
        instant = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return 0
    if instant.tzinfo is None:  # asctime's form names no zone, and means UTC
        instant = instant.replace(tzinfo=UTC)
    return max(ceil((instant - now).total_seconds()), 0)


def _failure(error: httpx.RequestError) -> str:
    """The kind of failure, in our words: the error's own may quote what the subscriber sent, or what we did."""
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        return "failed the TLS handshake"
    match error:
        case httpx.ConnectError():
            return "could not be reached"
        case httpx.ProtocolError():
            return "hung up without an answer, or answered no HTTP"
        case _:
            return "broke off the connection"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
