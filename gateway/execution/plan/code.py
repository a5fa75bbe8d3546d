"""Python text as it is written, with the values that it names, and made to functions at the end."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway.execution.plan.deviation import NotCovered

FILE = "plan {}"
"""What tracebacks call a text, which finds its lines: each has a number of its own. Between angle brackets Python would
not look for them."""

_NUMBERS = itertools.count(1)


class Code:
    """The text of a module. Nothing of a document or of a schema gets into it but by `repr`, or as a value by a name of
    ours."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._lines: list[str] = []
        self._depth = 0
        self._count = 0
        self._names: dict[int, str] = {}

    def line(self, text: str) -> None:
        self._lines.append(" " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """What is written meanwhile stands within `head:`."""
        self.line(f"{head}:")
        self._depth += 1
        yield
        self._depth -= 1

    def fresh(self, kind: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{kind}{self._count}"

    def name_of(self, value: object, kind: str) -> str:
        """The name under which the text finds the value."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = self.fresh(kind)
            self.values[name] = value  # which keeps it, and so its id
        return name

    def reserve(self) -> int:
        """A place for a line that is known later."""
        self.line("")
        return len(self._lines) - 1

    def fill(self, place: int, text: str) -> None:
        self._lines[place] += text

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def functions(self) -> dict[str, Callable[..., Any]]:
        """The functions by their names. Raises: NotCovered, where Python does not take so much within so much."""
        text, file = self.text, FILE.format(next(_NUMBERS))
        try:
            code = compile(text, file, "exec")
        except (SyntaxError, RecursionError, MemoryError) as error:
            raise NotCovered(f"Python does not compile it: {error}") from None
        found: dict[str, Any] = {**self.values, "__name__": file, "__loader__": _Text(text)}
        exec(code, found)  # noqa: S102  text of ours, see the class
        return found


class _Text:
    """Whom `linecache` asks for the lines of a text, when a traceback shows them; nobody else keeps them."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, _name: str) -> str:
        return self._text
