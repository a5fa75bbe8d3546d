"""The limit of a Python server: a bare route that reads a body and answers as many bytes as a confirmation has."""

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = b'{"data":{"confirmPayment":{"__typename":"ConfirmPaymentSuccess","rest":"' + b"x" * 380 + b'"}}}'


async def answer(request: Request) -> Response:
    await request.body()
    return Response(ANSWER, media_type="application/json")


def main() -> None:
    app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
    config = uvicorn.Config(app, access_log=False, log_level="critical", loop="uvloop", http="httptools")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(config.backlog)
        print(f"Serving http://127.0.0.1:{listening.getsockname()[1]}/graphql", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
