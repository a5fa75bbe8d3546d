"""Functions that only read attributes, such as `lambda purchase: purchase.access.expires_at`, by their bytecode."""

import dis
from functools import lru_cache
from types import FunctionType
from typing import NewType

KEPT = 1_000
"""Functions of which it is remembered: those of a schema are a few hundred."""

IGNORED = frozenset({"RESUME", "PRECALL", "CACHE", "NOP", "PUSH_NULL"})


def path_of(read: object) -> tuple[str, ...] | None:
    """The attributes that a function of one argument reads one after the other; None for a function of another kind.

    A `NewType` is seen through, since it returns its argument. What is not recognised is called, so that nothing
    depends on this but the time that it takes.
    """
    if isinstance(read, NewType):
        return ()
    return _read_by(read) if isinstance(read, FunctionType) else None


@lru_cache(KEPT)
def _read_by(read: FunctionType) -> tuple[str, ...] | None:
    if read.__code__.co_argcount != 1 or read.__code__.co_flags & _VARIADIC:
        return None
    stack: list[tuple[str, ...] | NewType] = []
    for step in dis.get_instructions(read):
        match step.opname, step.argval:
            case name, _ if name in IGNORED:
                continue
            case "LOAD_FAST", str(name) if name == read.__code__.co_varnames[0]:
                stack.append(())
            case "LOAD_ATTR", str(attribute) if stack and isinstance(path := stack.pop(), tuple):
                stack.append((*path, attribute))
            case "LOAD_GLOBAL", str(name) if isinstance(known := read.__globals__.get(name), NewType):
                stack.append(known)
            case "CALL", 1 if len(stack) > 1 and isinstance(stack[-1], tuple) and isinstance(stack[-2], NewType):
                del stack[-2]
            case "RETURN_VALUE", _ if stack and isinstance(path := stack.pop(), tuple):
                return path
            case _:
                return None
    return None


_VARIADIC = 0x04 | 0x08  # inspect.CO_VARARGS and CO_VARKEYWORDS
