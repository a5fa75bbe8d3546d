"""Answers that go on: server-sent events, multipart and WebSocket, over the same operations."""
