"""The library's HTTP client, whose requests say which trace they belong to."""

from collections.abc import Mapping
from typing import Any

import stripe

from gateway.services import tracing


class TracedClient(stripe.HTTPXClient):
    """The same, with a `traceparent` where there is a trace."""

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        return await super().request_async(method, url, {**headers, **tracing.propagated()}, post_data)
