"""gql from Python: a query and a mutation over HTTP, a subscription over WebSocket, each checked against the schema."""

import asyncio
import sys

from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport

from tests.interop.python.trials import STUDENT_TOKEN, TRIAL_S, URL, Trials, ask, bearer, new_course, payment_input
from tests.served.operations import CONFIRM_PAYMENT, CREATE_PAYMENT

COURSE = "query Course($id: ID!) { course(id: $id) { id tiers { code } } }"
PAYMENT = "subscription Payment($id: ID!) { payment(id: $id) { id status purchase { id } } }"


def over_http() -> Client:
    transport = HTTPXAsyncTransport(url=URL, headers=bearer(STUDENT_TOKEN))
    return Client(transport=transport, fetch_schema_from_transport=True, execute_timeout=TRIAL_S)


def over_websocket() -> Client:
    address = URL.replace("http", "ws", 1)
    return Client(transport=WebsocketsTransport(url=address, init_payload=bearer(STUDENT_TOKEN)))


async def asks() -> None:
    course_id = new_course()
    async with over_http() as session:
        answer = await session.execute(GraphQLRequest(COURSE, variable_values={"id": course_id}))
    assert answer["course"]["id"] == course_id


async def opened() -> str:
    async with over_http() as session:
        variables = {"input": payment_input(new_course())}
        answer = (await session.execute(GraphQLRequest(CREATE_PAYMENT, variable_values=variables)))["createPayment"]
    assert answer["payment"]["status"] == "REQUIRES_PAYMENT", answer
    payment_id: str = answer["payment"]["id"]
    return payment_id


async def opens() -> None:
    await opened()


async def waits() -> None:
    payment_id, seen = await opened(), []
    async with over_websocket() as session, asyncio.timeout(TRIAL_S):
        async for answer in session.subscribe(GraphQLRequest(PAYMENT, variable_values={"id": payment_id})):
            seen.append(answer["payment"]["status"])
            if len(seen) == 1:
                confirmation = {"input": {"paymentId": payment_id}}
                await asyncio.to_thread(ask, STUDENT_TOKEN, CONFIRM_PAYMENT, **confirmation)
            if seen[-1] == "SUCCEEDED":
                break
    assert seen[0] == "REQUIRES_PAYMENT", seen


async def waits_for_nothing() -> None:
    request = GraphQLRequest(PAYMENT, variable_values={"id": "pay_01j0000000e008000000000009"})
    async with over_websocket() as session, asyncio.timeout(TRIAL_S):
        try:
            await anext(session.subscribe(request))
        except TransportQueryError as error:
            code = (error.errors or [{}])[0]["extensions"]["code"]
        else:
            code = "none"
    assert code == "NOT_FOUND"


async def main() -> bool:
    trials = Trials("gql")
    await trials.tried("query, checked against the introspected schema", asks)
    await trials.tried("mutation", opens)
    await trials.tried("payment subscription by WebSocket, present state then SUCCEEDED", waits)
    await trials.tried("a subscription to a payment that is not there ends with NOT_FOUND", waits_for_nothing)
    return trials.has_failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
