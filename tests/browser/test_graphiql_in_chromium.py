"""GraphiQL in a real Chromium that reaches the gateway and nothing else."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from gateway.pages.graphiql import TABS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
START_S = 60.0  # a cold start migrates the database and opens the demo
STEP_MS = 15_000

QUERY = ".graphiql-query-editor .CodeMirror"
VARIABLES = ".graphiql-editor-tool .graphiql-editor:nth-child(1) .CodeMirror"
HEADERS = ".graphiql-editor-tool .graphiql-editor:nth-child(2) .CodeMirror"
RESPONSE = ".result-window .CodeMirror"


@dataclass(slots=True)
class Visit:
    """One browser's open page, with what it was denied and what it complained about."""

    page: Page
    denied: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def operations(self) -> Locator:
        """The list of what is prepared."""
        return self.page.get_by_role("region", name="Operations").get_by_role("listitem")

    def wait_until_ready(self) -> None:
        """The editors come one by one; a tab opened before the last would miss some."""
        for editor in (QUERY, VARIABLES, HEADERS, RESPONSE):
            self.page.locator(editor).wait_for(state="attached")

    def open_tab(self, title: str) -> None:
        """In a tab of its own, by the list; where it is open already, that tab is shown."""
        self.operations.get_by_role("button", name=title, exact=True).click()
        self.page.get_by_role("tab", selected=True).filter(has_text=title).wait_for()

    def run(self, answer: str) -> str:
        """Press the Execute button; the response pane's text once it holds `answer`."""
        self.page.get_by_role("button", name=re.compile("Execute query")).click()
        try:
            self.page.locator(RESPONSE).filter(has_text=answer).wait_for()
        except Exception as error:
            error.add_note(f"the response pane holds: {self.text_of(RESPONSE)}")
            raise
        return self.text_of(RESPONSE)

    def text_of(self, editor: str) -> str:
        """An editor's whole text; the screen shows only the lines in view."""
        text: str = self.page.locator(editor).evaluate("node => node.CodeMirror.getValue()")
        return text

    def wait_until_stored(self, name: str, text: str) -> None:
        """GraphiQL stores a while after the last key stroke. (wait_for_function would need 'unsafe-eval'.)"""
        self.page.evaluate(
            """([key, text]) => new Promise((stored) => {
                const look = () => localStorage.getItem(key)?.includes(text) ? stored() : setTimeout(look, 20);
                look();
            })""",
            [f"course-gateway:graphiql:{name}", text],
        )

    def show_headers(self) -> str:
        self.page.get_by_role("button", name="Headers", exact=True).click()
        return self.text_of(HEADERS)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        pytest.fail("Python's playwright is not installed: run `make browser`")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.fail("no Chromium: install one (Debian: apt install chromium) or set CHROMIUM to its path")
    quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-gpu",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[str]:
    with gateway(tmp_path / "demo.db") as url:
        yield url


@contextmanager
def gateway(database: Path, *arguments: str, port: int = 0) -> Iterator[str]:
    """A real server, in demo mode unless arguments are given, on a free port unless one is; its origin."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", *(arguments or ["--demo"]), "--port", str(port)],
        cwd=ROOT,
        env={**os.environ, "GATEWAY_DATABASE_URL": f"sqlite:///{database}", "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    reader = LineReader(process.stdout)
    try:
        yield reader.first_url()
    finally:
        process.terminate()
        process.wait(timeout=START_S)
        reader.join()
        process.stdout.close()


class LineReader(threading.Thread):
    """Reads a server's output to its end, so that it never waits for a reader."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.start()

    def run(self) -> None:
        for line in self._stream:
            self._lines.put(line)
        self._lines.put(None)

    def first_url(self) -> str:
        seen = []
        try:
            while (line := self._lines.get(timeout=START_S)) is not None:
                seen.append(line)
                if found := re.search(r"https?://[\w.\[\]:-]+:\d+", line):
                    return found[0]
        except queue.Empty:
            pytest.fail(f"the gateway named no address within {START_S} s; it said:\n{''.join(seen)}")
        pytest.fail(f"the gateway ended before it named an address; it said:\n{''.join(seen)}")


@contextmanager
def visit(browser: Browser, origin: str, **options: Any) -> Iterator[Visit]:
    """A new browser profile at GraphiQL; leaving asserts that nothing was denied and nothing complained."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
    context.set_default_timeout(STEP_MS)
    page = context.new_page()
    guest = Visit(page)

    def own_origin_only(route: Route) -> None:
        if route.request.url.startswith(f"{origin}/"):
            route.continue_()
        else:
            guest.denied.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":  # a violated policy is one; GraphiQL's own warnings to its authors are not
            guest.complaints.append(message.text)

    context.route("**/*", own_origin_only)
    page.on("console", listen)
    page.on("pageerror", lambda error: guest.complaints.append(str(error)))
    page.goto(f"{origin}/graphql")
    try:
        guest.wait_until_ready()
        yield guest
    except Exception as error:
        error.add_note(f"the browser was denied {guest.denied} and complained {guest.complaints}")
        raise
    assert guest.denied == []
    assert guest.complaints == []
    context.close()


def test_page_loads_whole_and_shows_the_prepared_operations(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        titles = guest.operations.all_inner_texts()
        assert titles[:5] == [
            "StartHere",
            "Flow1CreatePayment",
            "Flow1ConfirmPayment",
            "Flow2CreatePurchase",
            "AdminPurchases",
        ]
        assert len(titles) == len(TABS)
        assert "Flow 1, the normal way" in guest.text_of(QUERY)
        assert '"courses"' in guest.run('"courses"')


def test_docs_explorer_shows_the_schemas_types(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        guest.page.get_by_role("button", name="Show Documentation Explorer").click()
        docs = guest.page.locator(".graphiql-doc-explorer")
        docs.get_by_text("Root Types").wait_for()
        docs.get_by_role("link", name="Mutation", exact=True).click()
        docs.get_by_text("createPayment", exact=True).wait_for()
        docs.get_by_role("link", name="CreatePaymentResult", exact=True).click()
        docs.get_by_text("ActivePurchaseExists", exact=True).wait_for()


def test_a_newcomer_presses_play_through_flow_1(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        guest.open_tab("Flow1CreatePayment")
        assert guest.show_headers().count("Bearer ") == 1
        answer = guest.run('"CreatePaymentSuccess"')
        assert '"alreadyProcessed": false' in answer
        payment = re.search(r'"id": "(pay_\w+)"', answer)
        assert payment

        # A second press is the same payment.
        again = guest.run('"alreadyProcessed": true')
        assert payment[1] in again

        guest.open_tab("Flow1ConfirmPayment")
        guest.page.get_by_role("button", name="Variables", exact=True).click()
        assert payment[1] in guest.text_of(VARIABLES)
        assert '"status": "ACTIVE"' in guest.run('"ConfirmPaymentSuccess"')
        guest.run('"alreadyProcessed": true')


def test_an_admin_presses_play_in_flow_2_and_lists_it(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        guest.open_tab("Flow2CreatePurchase")
        assert '"alreadyProcessed": false' in guest.run('"CreatePurchaseSuccess"')
        guest.run('"alreadyProcessed": true')
        guest.open_tab("AdminPurchases")
        assert '"id": "demo-friend-' in guest.run('"purchases"')


def test_dialogs_and_dark_theme_open_within_the_policy(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin, color_scheme="dark") as guest:
        page = guest.page
        for opener in ("Open settings dialog", "Open short keys dialog"):
            page.get_by_role("button", name=opener).click()
            page.get_by_role("dialog").wait_for()
            page.keyboard.press("Escape")
            page.get_by_role("dialog").wait_for(state="detached")
        page.get_by_role("button", name="Show History").click()
        page.locator(".graphiql-history").wait_for()


def test_an_edit_survives_a_reload_and_no_token_is_stored(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        guest.open_tab("Flow2CreatePurchase")
        headers = guest.show_headers()
        guest.page.locator(VARIABLES).evaluate("node => node.CodeMirror.setValue('{\"edited\": true}')")
        guest.wait_until_stored("tabState", "edited")
        stored = guest.page.evaluate("JSON.stringify({...localStorage})")
        token = re.search(r"Bearer ([^\"]+)", headers)
        assert token
        assert token[1] not in stored

        guest.page.reload()
        guest.wait_until_ready()
        guest.page.locator(VARIABLES, has_text="edited").wait_for(state="attached")
        # Every page gets tokens of its own; the stored header holds this one's.
        assert re.search(r"Bearer [^{}\s]+\"", guest.show_headers())
        guest.open_tab("AdminPurchases")
        guest.run('"purchases"')
        assert guest.page.get_by_role("tab").count() == 3  # the first, the edited one and this one


def test_one_token_goes_with_every_tab_and_gives_way_to_one_that_is_written(chromium: Browser, origin: str) -> None:
    with visit(chromium, origin) as guest:
        guest.open_tab("FindStudent")
        admin = re.search(r"Bearer ([^\"]+)", guest.show_headers())
        assert admin
        guest.open_tab("StartHere")
        field = guest.page.get_by_label("Token for all tabs")
        field.fill(f"Bearer {admin[1]}")
        guest.open_tab("Flow1CreatePayment")
        guest.run('"FORBIDDEN"')
        assert admin[1] not in guest.page.evaluate("JSON.stringify({...localStorage})")
        student = re.search(r"Bearer ([^\"]+)", guest.text_of(HEADERS))
        assert student
        written = json.dumps({"authorization": f"bearer {student[1]}"})
        guest.page.locator(HEADERS).evaluate("(node, text) => node.CodeMirror.setValue(text)", written)
        guest.run('"CreatePaymentSuccess"')
        field.fill("")
        guest.open_tab("AdminPurchases")
        guest.run('"purchases"')


def test_an_operation_is_opened_once_by_the_keyboard_too_and_keeps_what_was_changed(
    chromium: Browser, origin: str
) -> None:
    with visit(chromium, origin) as guest:
        guest.open_tab("FindPayment")
        guest.page.locator(VARIABLES).evaluate('node => node.CodeMirror.setValue(\'{"paymentId": "pay_mine"}\')')
        guest.operations.get_by_role("button", name="FindStudent", exact=True).focus()
        guest.page.keyboard.press("Enter")
        guest.page.get_by_role("tab", selected=True).filter(has_text="FindStudent").wait_for()
        guest.open_tab("FindPayment")
        assert "pay_mine" in guest.text_of(VARIABLES)
        assert guest.page.get_by_role("tab").count() == 3
        current = guest.operations.locator("[aria-current]")
        assert current.all_inner_texts() == ["FindPayment"]


def test_a_restarted_server_finds_its_new_tokens_in_yesterdays_tabs(chromium: Browser, tmp_path: Path) -> None:
    with ExitStack() as yesterday:
        origin = yesterday.enter_context(gateway(tmp_path / "yesterday.db"))
        with visit(chromium, origin) as guest:
            guest.open_tab("Flow1CreatePayment")
            guest.wait_until_stored("tabState", '"activeTabIndex":1')
            yesterday.close()
            with gateway(tmp_path / "today.db", port=urlsplit(origin).port or 0):
                guest.page.reload()
                guest.wait_until_ready()
                assert '"alreadyProcessed": false' in guest.run('"CreatePaymentSuccess"')
                assert guest.show_headers().count("Bearer ") == 1
