"""What our own server says in a request's scope besides what ASGI has. Without it, all goes on as ASGI has it."""

from collections.abc import Callable

BODY_IS_HERE = "gateway.body_is_here"
"""In the scope, where the whole body was received: what comes first of it is all of it."""

WRITE_ANSWER = "gateway.write_answer"
"""In the scope, a `WriteAnswer`."""

WriteAnswer = Callable[[int, bytes, bytes | memoryview], bool]
"""Writes a whole answer at once: its status, its headers as lines, and its body. False, where nothing was written,
because the client does not read or is gone: then `send` is called, which waits.

The lines are not looked at: each must be a header as HTTP/1.1 has it, with a CRLF, and none about the connection.
"""
