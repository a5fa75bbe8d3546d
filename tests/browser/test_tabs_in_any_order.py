"""The prepared tabs, pressed by a newcomer in whatever order: each does what it says, with ids that are there."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gateway.pages import graphiql
from tests.browser.test_graphiql_in_chromium import QUERY, VARIABLES, Visit, gateway, visit
from tests.browser.test_graphiql_in_chromium import chromium as chromium  # a fixture

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

pytestmark = pytest.mark.browser


def title_of(name: str) -> str:
    found = re.search(r"^(?:query|mutation) (\w+)", graphiql.document_of(name).read_text("utf-8"), re.MULTILINE)
    assert found
    return found[1]


TITLES = [title_of(name) for name, _ in graphiql.TABS]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with gateway(tmp_path_factory.mktemp("tabs") / "demo.db") as origin:
        yield origin


def press(guest: Visit, title: str) -> Any:
    """Open a tab and press its Execute button; the data of the answer, of which nothing is an error."""
    guest.open_tab(title)
    guest.page.locator(QUERY).filter(has_text=title).wait_for()
    with guest.page.expect_response(lambda response: _asks_for(response.request, title)) as posted:
        guest.page.get_by_role("button", name=re.compile("Execute query")).click()
    answer = posted.value.json()
    assert "errors" not in answer, (title, answer)
    for name, field in answer["data"].items():
        for each in field if isinstance(field, list) else [field]:
            assert name == "search" or each.get("__typename", "Success").endswith("Success"), (title, each)
    return answer["data"]


def _asks_for(request: Request, title: str) -> bool:
    """Beside a press, the page asks for the schema once."""
    asked = request.post_data_json
    return request.method == "POST" and asked is not None and asked["operationName"] == title


def variables_of(guest: Visit, title: str) -> Any:
    guest.open_tab(title)
    guest.page.locator(QUERY).filter(has_text=title).wait_for()
    return json.loads(guest.text_of(VARIABLES))


@pytest.mark.parametrize("title", TITLES)
def test_a_tab_that_is_pressed_first_in_a_fresh_demo_answers_no_error(chromium: Browser, demo: str, title: str) -> None:
    with visit(chromium, demo) as guest:
        press(guest, title)
        press(guest, title)


@pytest.mark.parametrize(
    "order",
    [
        TITLES,
        TITLES[::-1],
        [title for title in TITLES for _ in range(2)],
        *(random.Random(seed).sample(TITLES * 2, len(TITLES) * 2) for seed in range(4)),
    ],
    ids=["as prepared", "in reverse", "each twice", "at random 1", "at random 2", "at random 3", "at random 4"],
)
def test_the_tabs_answer_no_error_in_any_order(chromium: Browser, demo: str, order: list[str]) -> None:
    with visit(chromium, demo) as guest:
        for title in order:
            press(guest, title)


def test_the_ids_of_what_was_just_made_are_in_the_other_tabs(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        payment = press(guest, "Flow1CreatePayment")["createPayment"]["payment"]["id"]
        confirmed = press(guest, "Flow1ConfirmPayment")["confirmPayment"]
        assert confirmed["payment"]["id"] == payment
        purchase = confirmed["purchase"]["id"]
        assert variables_of(guest, "FindPayment") == {"paymentId": payment}
        assert variables_of(guest, "RefundPayment")["input"]["paymentId"] == payment
        assert {each["purchaseId"] for each in variables_of(guest, "RecordClass")["input"]} == {purchase}
        press(guest, "RecordClass")
        assert variables_of(guest, "WithdrawSession")["input"]["purchaseId"] == purchase
        for title in ("CorrectSlot", "ExtendPurchase", "RevokePurchase"):
            assert variables_of(guest, title)["input"]["purchaseId"] == purchase
        granted = press(guest, "Flow2CreatePurchase")["createPurchase"]["purchase"]["id"]
        assert variables_of(guest, "RevokePurchase")["input"]["purchaseId"] == granted


def test_a_refunded_purchase_is_in_no_tab_that_it_is_of_no_use_to(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        press(guest, "Flow1CreatePayment")
        purchase = press(guest, "Flow1ConfirmPayment")["confirmPayment"]["purchase"]["id"]
        press(guest, "RefundPayment")
        assert variables_of(guest, "ExtendPurchase")["input"]["purchaseId"] != purchase


def test_what_the_user_wrote_is_never_overwritten(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        guest.open_tab("FindPayment")
        edited = '{"paymentId": "pay_mine"}'
        guest.page.locator(VARIABLES).evaluate("(node, text) => node.CodeMirror.setValue(text)", edited)
        guest.wait_until_stored("tabState", "pay_mine")
        press(guest, "Flow1CreatePayment")
        press(guest, "Flow1ConfirmPayment")
        assert variables_of(guest, "FindPayment") == {"paymentId": "pay_mine"}


def test_a_second_visit_begins_anew_in_the_same_browser(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        first = press(guest, "Flow1CreatePayment")["createPayment"]
        press(guest, "Flow1ConfirmPayment")
        guest.wait_until_stored("tabState", "{{openPaymentId}}")
        guest.page.reload()
        guest.wait_until_ready()
        second = press(guest, "Flow1CreatePayment")["createPayment"]
        assert (first["alreadyProcessed"], second["alreadyProcessed"]) == (False, False)
        press(guest, "Flow1ConfirmPayment")
        press(guest, "RefundPayment")


def test_an_edited_tab_works_with_the_ids_of_the_next_visit(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        guest.open_tab("Flow1ConfirmPayment")
        edited = {"input": {**json.loads(guest.text_of(VARIABLES))["input"], "proof": {"sandbox": {"token": "tok_x"}}}}
        guest.page.locator(VARIABLES).evaluate(
            "(node, text) => node.CodeMirror.setValue(text)", json.dumps(edited).replace("tok_x", "tok_succeed")
        )
        guest.wait_until_stored("tabState", "tok_succeed")
        guest.page.reload()
        guest.wait_until_ready()
        press(guest, "Flow1ConfirmPayment")


def test_where_there_is_no_demo_a_tab_says_what_to_put_in_and_nothing_is_sent(
    chromium: Browser, tmp_path: Path
) -> None:
    with gateway(tmp_path / "own.db", "--host", "127.0.0.1") as own, visit(chromium, own) as guest:
        guest.open_tab("RefundPayment")
        assert '"PASTE_A_PAYMENT_ID"' in guest.text_of(VARIABLES)
        guest.run("put in what PASTE_A_PAYMENT_ID asks for, and press play again")


def test_the_failed_jobs_that_two_tabs_are_about_are_listed(chromium: Browser, demo: str) -> None:
    with visit(chromium, demo) as guest:
        wanted = {variables_of(guest, title)["input"]["jobId"] for title in ("RetryJob", "CancelJob")}
        assert wanted <= {job["id"] for job in press(guest, "StuckJobs")["jobs"]["nodes"]}
