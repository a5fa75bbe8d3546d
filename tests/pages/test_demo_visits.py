"""GraphiQL in a demo: every prepared tab works as it is, whichever is pressed first, at every visit anew."""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import httpx
import pytest

from gateway.pages import graphiql
from tests.conftest import KINDS
from tests.served.gateway import Served, served

NAMES = [name for name, _caller in graphiql.TABS]
CONFIG = re.compile(r'<script type="application/json" id="config">(.*?)</script>', re.DOTALL)


class Visit:
    """A page as a browser got it, whose tabs are sent with the values that it came with."""

    def __init__(self, gateway: Served) -> None:
        self._url, self._http = gateway.server.url, gateway.http
        page = gateway.http.get(self._url, headers={"Accept": "text/html"})
        assert page.status_code == 200, "GraphiQL is not installed: run `make install`"
        [config] = CONFIG.findall(page.text)
        self._config = json.loads(config)
        self.values: dict[str, str] = self._config["values"]

    def press(self, name: str) -> Any:
        """The data of a tab's answer, of which nothing is an error."""
        tab = self._config["tabs"][NAMES.index(name)]
        body = {"query": tab["query"], "variables": json.loads(self._filled(tab["variables"]) or "null")}
        answer = self._http.post(self._url, json=body, headers=json.loads(self._filled(tab["headers"])))
        return data_of(name, answer)

    def _filled(self, text: str) -> str:
        for hole, value in self.values.items():
            text = text.replace(f"{{{{{hole}}}}}", value)
        return text


def data_of(name: str, answer: httpx.Response) -> Any:
    said = answer.json()
    assert "errors" not in said, (name, said)
    for root, field in said["data"].items():
        for each in field if isinstance(field, list) else [field]:
            assert root == "search" or each.get("__typename", "Success").endswith("Success"), (name, each)
    return said["data"]


@pytest.fixture(scope="module", params=KINDS)
def demo(request: pytest.FixtureRequest) -> Iterator[Served]:
    new: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    with served(new(), "--demo") as gateway:
        yield gateway


@pytest.mark.parametrize("name", NAMES)
def test_a_tab_that_is_pressed_first_answers_no_error_and_nor_does_a_second_press(demo: Served, name: str) -> None:
    visit = Visit(demo)
    for _ in range(2):
        visit.press(name)


@pytest.mark.parametrize(
    "order",
    [NAMES, NAMES[::-1], random.Random(1).sample(NAMES * 2, len(NAMES) * 2)],
    ids=["as prepared", "in reverse", "at random"],
)
def test_all_tabs_of_a_visit_answer_no_error_in_any_order(demo: Served, order: Sequence[str]) -> None:
    visit = Visit(demo)
    for name in order:
        visit.press(name)


def test_who_comes_again_begins_anew(demo: Served) -> None:
    for _ in range(2):
        visit = Visit(demo)
        assert visit.press("create_payment")["createPayment"]["alreadyProcessed"] is False
        assert visit.press("confirm_payment")["confirmPayment"]["alreadyProcessed"] is False
        assert visit.press("refund_payment")["refundPayment"]["alreadyProcessed"] is False


def test_the_student_of_a_visit_is_found_with_what_was_prepared(demo: Served) -> None:
    visit = Visit(demo)
    found = visit.press("find_student")["student"]
    assert {each["payment"]["status"] for each in found["purchases"]["nodes"]} == {"SUCCEEDED"}
    assert visit.values["openPaymentId"] in {each["id"] for each in found["payments"]["nodes"]}


def test_what_could_not_be_prepared_is_asked_for_in_words(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite(), "--demo", sandbox="false") as gateway:
        values = Visit(gateway).values
    for hole in ("openPaymentId", "paidPaymentId", "paymentToRefund", "jobToRetry", "jobToCancel"):
        assert values[hole] == graphiql.WORDS[hole]
    assert values["purchaseToExtend"].startswith("pur_")


def test_outside_a_demo_a_visit_writes_nothing(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite()) as gateway:
        before = gateway.counts()
        values = Visit(gateway).values
        assert gateway.counts() == before
    assert values["paymentToRefund"] == "PASTE_A_PAYMENT_ID"
