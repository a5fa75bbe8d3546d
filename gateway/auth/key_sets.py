"""What an issuer publishes its public keys as, and how it is fetched."""

import asyncio

import httpx

MAX_BYTES = 256 * 1024
"""Of a key set: hundreds of keys."""


class KeySet:
    """The key set at `url`.

    Args:
        timeout_s: how long fetching it may take in all.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url, self._timeout_s = url, timeout_s
        self._tls = httpx.create_ssl_context()

    async def download(self) -> bytes:
        """The body, unredirected and uncompressed (a small one could unpack to a large one).

        Raises: whatever went wrong; TimeoutError, and ValueError for an answer that is no key set.
        """
        headers = {"accept": "application/jwk-set+json, application/json", "accept-encoding": "identity"}
        async with (
            asyncio.timeout(self._timeout_s),  # over all: httpx's own restarts with every byte
            httpx.AsyncClient(verify=self._tls, timeout=self._timeout_s, follow_redirects=False) as client,
            client.stream("GET", self._url, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ValueError("the issuer answered with another status than 200")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise ValueError("the key set is too large")
        return bytes(body)
