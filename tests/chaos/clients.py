"""A frontend: it sends mutations over real HTTP, and again, with the same key, where the answer went missing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from gateway.auth.minting import mint_token
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from tests.chaos.milestones import Milestones
from tests.chaos.processes import Gateway

Answer = dict[str, Any]

CREATE_PAYMENT = """
mutation CreatePayment($input: CreatePaymentInput!) {
  createPayment(input: $input) {
    __typename
    ... on CreatePaymentSuccess { payment { id providerReference } }
    ... on Problem { code message retryable }
  }
}
"""
CONFIRM_PAYMENT = """
mutation ConfirmPayment($input: ConfirmPaymentInput!) {
  confirmPayment(input: $input) {
    __typename
    ... on ConfirmPaymentSuccess { purchase { id } }
    ... on Problem { code message retryable }
  }
}
"""
CREATE_PURCHASE = """
mutation CreatePurchase($input: CreatePurchaseInput!) {
  createPurchase(input: $input) {
    __typename
    ... on CreatePurchaseSuccess { purchase { id } replaced { id } }
    ... on Problem { code message retryable }
  }
}
"""
REFUND_PAYMENT = """
mutation RefundPayment($input: RefundPaymentInput!) {
  refundPayment(input: $input) {
    __typename
    ... on RefundPaymentSuccess { refund { amount { amountMinor } } }
    ... on Problem { code message retryable }
  }
}
"""

MOST_TRIES = 40
"""Every second call to Razorpay's books or more may fail; somebody who asks forty times gets through."""

PATIENCE = 8
"""How often a page asks again about a payment that is not settled."""

GONE_WITHIN_S = 0.03
"""A tab is closed within this after its click: before, while and after the gateway works on it."""

PAUSE_S = 0.2
"""A page waits for some seconds; the run has no time for that, so these are short, and drawn anew each time."""


@dataclass
class Clients:
    """All the pages that are open."""

    gateway: Gateway
    http: httpx.AsyncClient
    random: Random
    milestones: Milestones
    answered: set[str] = field(default_factory=set)
    """Purchases that somebody was told of: they have to be there in the end."""
    _tokens: dict[tuple[Role, str], str] = field(default_factory=dict)

    async def ask(self, role: Role, who: str, operation: str, given: Mapping[str, object]) -> Answer:
        """The answer to a mutation, sent again until there is one."""
        for _ in range(MOST_TRIES):
            if (answer := await self._asked(role, who, operation, given)) is not None:
                return answer
            await asyncio.sleep(self.random.uniform(0, PAUSE_S))
        raise AssertionError(f"{who} got no answer to {operation.split('(')[0].strip()} in {MOST_TRIES} tries")

    async def hang_up(self, role: Role, who: str, operation: str, given: Mapping[str, object], share: float) -> None:
        """Send that share of a mutation, 0 to 1, and close the connection within moments, as a tab does. A raw one:
        httpx leaves a socket behind where it is stopped while it connects."""
        url = httpx.URL(await self.gateway.address())
        request = self._request(str(url), role, who, operation, given)
        head = "\r\n".join(["POST /graphql HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())])
        whole = f"{head}\r\n\r\n".encode() + request.content
        try:
            _, writer = await asyncio.open_connection(url.host, url.port)
        except OSError:
            return  # the server died just now
        writer.write(whole[: round(len(whole) * share)])
        await asyncio.sleep(self.random.uniform(0, GONE_WITHIN_S))
        writer.transport.abort()

    def _request(self, url: str, role: Role, who: str, operation: str, given: Mapping[str, object]) -> httpx.Request:
        body = {"query": operation, "variables": {"input": given}}
        return self.http.build_request(
            "POST", url, json=body, headers={"Authorization": f"Bearer {self._token(role, who)}"}
        )

    async def _asked(self, role: Role, who: str, operation: str, given: Mapping[str, object]) -> Answer | None:
        """None where nobody knows what became of it, or where the gateway asks to be called again."""
        url = await self.gateway.address()
        try:
            response = await self.http.send(self._request(url, role, who, operation, given))
        except httpx.TransportError:
            self.milestones.reached("answers that went missing")
            return None
        whole = response.json()
        if errors := whole.get("errors"):
            codes = {error["extensions"]["code"] for error in errors}
            assert codes <= {"BUSY", "PROVIDER_UNAVAILABLE"}, errors
            return None
        [answer] = whole["data"].values()
        if purchase := answer.get("purchase"):
            self.answered.add(purchase["id"])
        result: Answer = answer
        return result

    def _token(self, role: Role, who: str) -> str:
        if (role, who) not in self._tokens:
            ours = {name: value for name, value in self.gateway.env.items() if name.startswith("GATEWAY_")}
            self._tokens[role, who] = mint_token(load_settings(ours), role=role, subject=who, ttl_s=3600)
        return self._tokens[role, who]
