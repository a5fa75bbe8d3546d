"""A gateway that is asked all the while, and what is in its file."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.served.gateway import Served, creating
from tests.served.operations import CREATE_PURCHASE


def students_in(path: Path) -> set[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return {student for (student,) in connection.execute("SELECT student_id FROM purchase")}


@contextmanager
def load_on(gateway: Served) -> Iterator[Callable[[int], set[str]]]:
    """One grant after the other; gives a way to wait for so many more, and to have all that were answered by then."""
    answered: set[str] = set()
    course, more, is_over = gateway.course(), threading.Condition(), threading.Event()

    def grant() -> None:
        for number in range(100_000):
            if is_over.is_set():
                return
            answer = gateway.admin.post(CREATE_PURCHASE, {"input": creating(course, f"student-{number}")}).json()
            assert answer["data"]["createPurchase"]["__typename"] == "CreatePurchaseSuccess", answer
            with more:
                answered.add(f"student-{number}")
                more.notify()

    def waited_for(number: int) -> set[str]:
        with more:
            least = len(answered) + number
            assert more.wait_for(lambda: len(answered) >= least, timeout=30)
            return {*answered}

    caller = threading.Thread(target=grant)
    caller.start()
    try:
        yield waited_for
    finally:
        is_over.set()
        caller.join()
