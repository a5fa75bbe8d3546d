"""Text that is written: its lines are found where it fails, and its functions have their values."""

import linecache
import traceback

import pytest

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import NotCovered


def failing(text: str) -> Code:
    code = Code()
    with code.block("def function()"):
        code.line(f"return {text}")
    return code


def test_a_traceback_shows_the_lines_of_each_text() -> None:
    for text in ("1 // 0", "2 // 0"):
        with pytest.raises(ZeroDivisionError) as raised:
            failing(text).functions()["function"]()
        shown = "".join(traceback.format_exception(raised.value))
        assert f"    return {text}\n" in shown


def test_lines_are_kept_by_the_text_alone_until_a_traceback_shows_them() -> None:
    before = len(linecache.cache)
    functions = failing("0").functions()
    assert functions["function"]() == 0
    assert len(linecache.cache) == before


def test_what_python_does_not_compile_is_not_covered() -> None:
    with pytest.raises(NotCovered):
        failing("(" * 1_000 + ")" * 1_000).functions()
