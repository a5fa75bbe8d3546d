"""A support engineer's commands: beside a gateway that has the database open, by the same rules as the API."""

import asyncio
import getpass
import json
import sys
from typing import Any

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Payment, Purchase
from tests.cli import terminal
from tests.cli.terminal import Said, on_sqlite
from tests.served.server import environment
from tests.service import Service, student

pytestmark = pytest.mark.anyio

CLI = f"cli:{getpass.getuser()}"


class Desk:
    """Somebody at a terminal, beside a service of which one course was bought."""

    def __init__(self, service: Service, payment: Payment, purchase: Purchase) -> None:
        self.service, self.payment, self.purchase = service, payment, purchase
        self.pay, self.pur = ids.to_text(ids.PAYMENT, payment.id), ids.to_text(ids.PURCHASE, purchase.id)
        self._env = environment(service.url, clock_is_right="true")

    async def say(self, *words: str) -> Said:
        return await asyncio.to_thread(terminal.gateway, *words, env=self._env)

    async def read(self, *words: str) -> Any:
        said = await self.say(*words, "--json")
        assert (said.code, said.err) == (0, "")
        return json.loads(said.out)

    def audited(self, action: str) -> list[tuple[str, str, str | None]]:
        rows = self.service.stored(AuditEntryRow, action=action)
        return [(row.actor_id, row.actor_role, row.reason) for row in rows]


@pytest.fixture
async def desk(service: Service) -> Desk:
    course = await service.save_course(title="Yoga")
    return Desk(service, *await service.paid(student("student-42"), course, "STANDARD"))


async def test_a_payment_is_shown_by_each_of_its_names(desk: Desk) -> None:
    assert desk.payment.reference is not None
    by_id = await desk.say("payment", "show", desk.pay)
    assert (by_id.code, by_id.err) == (0, "")
    lines = by_id.out.splitlines()
    assert lines[0] == f"payment {desk.pay}"
    assert {" ".join(line.split()) for line in lines} >= {
        "student student-42",
        "amount captured 4,999.00 INR",
        f"purchase {desk.pur} ACTIVE",
        "timeline",
    }
    told = [line.split()[2] for line in lines if line.startswith("  2026-")]
    assert told == ["payment.opened", "payment.intent_opened", "payment.captured", "payment.fulfilled"]
    for name in (str(desk.payment.id), str(desk.payment.id).upper(), desk.payment.reference):
        assert (await desk.say("payment", "show", name)) == by_id


async def test_each_kind_of_thing_is_shown_as_the_api_has_it(desk: Desk) -> None:
    payment = await desk.read("payment", "show", desk.pay)
    assert payment["purchase"] == {"id": desk.pur, "status": "ACTIVE"}
    assert (await desk.read("purchase", "show", str(desk.purchase.id)))["access"]["sessionsTotal"] == 12
    found = await desk.read("student", "show", "student-42")
    assert [each["id"] for each in found["purchases"]["nodes"]] == [desk.pur]
    assert [each["id"] for each in found["payments"]["nodes"]] == [desk.pay]
    await desk.service.refund(desk.payment)
    [job] = desk.service.stored(JobRow, kind="payment.refund")
    refund = await desk.read("refund", "show", str(job.subject_id))
    assert (refund["status"], refund["payment"]["id"]) == ("PENDING", desk.pay)
    shown = await desk.read("job", "show", ids.to_text(ids.JOB, job.id))
    assert (shown["kind"], shown["payment"]["id"]) == ("PAYMENT_REFUND", desk.pay)
    for words in (("student", "student-42"), ("refund", str(job.subject_id)), ("job", str(job.id))):
        said = await desk.say(words[0], "show", words[1])
        assert (said.code, said.out.startswith(f"{words[0]} ")) == (0, True)
        assert desk.pay in said.out


async def test_a_purchase_shows_which_sessions_were_held(desk: Desk) -> None:
    desk.service.clock.advance(days=30)
    await desk.service.recorded(desk.purchase, 1)
    await desk.service.recorded(desk.purchase, 2)
    await desk.service.withdrawn(desk.purchase, 2)
    lines = (await desk.say("purchase", "show", desk.pur)).out.splitlines()
    at = lines.index("sessions")
    assert [line.split()[:2] for line in lines[at + 1 : at + 13]] == [[str(each), "due"] for each in range(1, 13)]
    first, second, third = lines[at + 1 : at + 4]
    assert first.endswith(", held 2026-12-23 09:00:00Z, as lms recorded")
    assert "held" not in second + third
    assert any("purchase.session_withdrawn" in line for line in lines)


@pytest.mark.parametrize("kind", ["payment", "purchase", "refund", "job"])
async def test_what_is_not_there_or_of_another_kind_is_one_line(desk: Desk, kind: str) -> None:
    unknown = ids.EXAMPLES[{"payment": "pay", "purchase": "pur", "refund": "ref", "job": "job"}[kind]]
    assert await desk.say(kind, "show", unknown) == Said(1, "", f"There is no {kind} {unknown}.\n")
    other = ids.EXAMPLES[ids.COURSE]
    said = f"{other} is the id of a course, not of a {kind}.\n"
    assert await desk.say(kind, "show", other) == Said(2, "", said)
    wrong = await desk.say(kind, "show", "nonsense")
    assert (wrong.code, wrong.out, len(wrong.err.splitlines())) == (2, "", 1)
    assert wrong.err.startswith(f"nonsense is no id of a {kind}, such as ")


async def test_a_student_who_never_had_anything_is_none(desk: Desk) -> None:
    assert await desk.say("student", "show", "nobody") == Said(1, "", "There is no student nobody.\n")


async def test_a_refund_says_what_will_happen_and_is_the_operators_in_the_audit(desk: Desk) -> None:
    said = await desk.say("refund", desk.pay, "--reason", "asked for", "--yes")
    assert said.code == 0
    assert said.err.splitlines() == [
        "Give back 4,999.00 INR, of 4,999.00 captured, of which 4,999.00 is left, to student student-42.",
        f"Purchase {desk.pur} (ACTIVE) ends once all of its money is back, and so does its access.",
        "SANDBOX moves the money; a job sees to it.",
    ]
    assert said.out.endswith(" of 4,999.00 INR is PENDING.\n")
    assert desk.audited("payment.refund_requested") == [(CLI, "ADMIN", "asked for")]
    again = await desk.say("refund", desk.pay, "--reason", "asked for", "--yes")
    assert (again.code, again.out) == (1, "")
    assert again.err.splitlines()[-1] == "payment: all of it went back, or is on its way back"


async def test_a_part_needs_a_key_and_is_given_back_once_for_it(desk: Desk) -> None:
    words = ("refund", desk.pay, "--amount-minor", "500", "--reason", "late", "--yes")
    refused = await desk.say(*words)
    assert (refused.code, refused.err.splitlines()[-1].startswith("--key: is needed for a part")) == (1, True)
    first, second = [json.loads((await desk.say(*words, "--key", "ticket-7", "--json")).out) for _ in range(2)]
    assert first["refund"]["id"] == second["refund"]["id"]
    assert (first["alreadyProcessed"], second["alreadyProcessed"]) == (False, True)
    too_much = await desk.say("refund", desk.pay, "--amount-minor", "499600", "--reason", "x", "--yes", "--key", "b")
    assert too_much.err.splitlines()[-1].startswith("--amount-minor: must be 1 to 499400")


async def test_what_a_used_key_will_do_is_said_beforehand(desk: Desk) -> None:
    words = ("refund", desk.pay, "--amount-minor", "500", "--reason", "late", "--key", "ticket-7")
    first = await desk.say(*words, "--yes")
    assert first.err.startswith("Give back 5.00 INR, ")
    asked = await desk.say(*words)  # nobody can be asked, so nothing is done
    told = asked.err.splitlines()[0]
    assert told == f"Nothing new: the same was asked for with the key ticket-7 before. {first.out.strip()}"
    other = await desk.say(*words[:3], "600", *words[4:], "--yes")
    assert (other.code, len(other.err.splitlines())) == (1, 2)
    assert other.err.startswith("It will be refused: the key ticket-7 was used for something else before.")
    for action in (("extend", desk.pur, "--until", "2090-01-31"), ("revoke", desk.pur)):
        words = (*action, "--reason", "ill", "--key", "ticket-8")
        first, again = [await desk.say(*words, "--yes") for _ in range(2)]
        assert not first.err.startswith("Nothing new")
        assert again.err.startswith("Nothing new: the same was asked for with the key ticket-8 before. It is ")
        assert again.out == f"{first.out.strip()} It was done before.\n"
        other = await desk.say(*action, "--reason", "another", "--key", "ticket-8", "--yes")
        assert (other.code, other.err.startswith("It will be refused: the key ticket-8 was used")) == (1, True)


async def test_what_was_done_before_is_no_new_promise(desk: Desk) -> None:
    extend = ("extend", desk.pur, "--until", "2090-01-31", "--reason", "ill", "--yes")
    await desk.say(*extend)
    assert (await desk.say(*extend)).err.endswith("ends 2090-01-31 18:30:00Z already.\n")
    await desk.say("refund", desk.pay, "--reason", "asked for", "--yes")
    again = await desk.say("refund", desk.pay, "--reason", "asked for", "--yes")
    assert again.err.startswith(f"All of 4,999.00 INR of {desk.pay} went back, or is on its way back")
    bought = await desk.service.created(await desk.service.save_course())
    for _ in range(2):
        said = await desk.say("revoke", ids.to_text(ids.PURCHASE, bought.id), "--reason", "x", "--yes")
    assert said.err.startswith("Nothing new: ")
    assert said.err.endswith(" is REVOKED already.\n")


async def test_a_purchase_is_extended_to_the_end_of_a_day_where_its_slot_is_and_revoked(desk: Desk) -> None:
    said = await desk.say("extend", desk.pur, "--until", "2090-01-31", "--reason", "ill", "--yes", "--json")
    assert json.loads(said.out)["purchase"]["access"]["expiresAt"] == "2090-01-31T18:30:00Z"
    assert "end 2090-01-31 18:30:00Z, not 2027-" in said.err
    sooner = await desk.say("extend", desk.pur, "--until", "2089-01-31", "--reason", "ill", "--yes")
    assert (sooner.code, sooner.err.splitlines()[-1].startswith("--until: must be later than ")) == (1, True)
    wrong = await desk.say("extend", desk.pur, "--until", "soon", "--reason", "ill", "--yes")
    assert (wrong.code, wrong.err.startswith("--until: must be an ISO 8601 instant")) == (2, True)
    revoked = await desk.say("revoke", desk.pur, "--reason", "fraud", "--yes")
    assert (revoked.code, revoked.out) == (0, f"Purchase {desk.pur} is REVOKED.\n")
    again = await desk.say("revoke", desk.pur, "--reason", "fraud", "--yes")
    assert (again.code, again.out) == (0, f"Purchase {desk.pur} is REVOKED. It was done before.\n")
    assert desk.audited("purchase.revoked") == [(CLI, "ADMIN", "fraud")]


async def test_a_job_is_called_off_and_run_again(desk: Desk) -> None:
    await desk.service.refund(desk.payment)
    [job] = desk.service.stored(JobRow, kind="payment.refund")
    key = ids.to_text(ids.JOB, job.id)
    canceled = await desk.say("cancel", key, "--reason", "wait", "--yes")
    assert (canceled.code, canceled.out) == (0, f"Job {key} is CANCELED.\n")
    assert canceled.err == f"Call off {key} (PAYMENT_REFUND, PENDING). The refund is still owed.\n"
    again = await desk.say("cancel", key, "--reason", "wait", "--yes")
    assert (again.code, again.err) == (
        0,
        f"{key} (PAYMENT_REFUND, CANCELED: canceled: wait) is off the list already.\n",
    )
    retried = await desk.say("retry", key, "--reason", "go on", "--yes")
    assert (retried.code, retried.out.startswith(f"Job {key} is PENDING, due ")) == (0, True)
    assert desk.audited("job.retried") == [(CLI, "ADMIN", "go on")]


@pytest.mark.parametrize(
    "words",
    [("refund", "pay"), ("revoke", "pur"), ("extend", "pur", "--until", "2090-01-31"), ("retry", "job")],
    ids=lambda words: words[0],
)
async def test_nothing_is_done_to_what_is_not_there(desk: Desk, words: tuple[str, ...]) -> None:
    name, prefix, *more = words
    said = await desk.say(name, ids.EXAMPLES[prefix], *more, "--reason", "x", "--yes")
    kind = {"pay": "payment", "pur": "purchase", "job": "job"}[prefix]
    assert said == Said(1, "", f"There is no {kind} {ids.EXAMPLES[prefix]}.\n")


async def test_nobody_who_can_be_asked_is_no_yes(desk: Desk) -> None:
    said = await desk.say("revoke", desk.pur, "--reason", "x")
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1] == "Nothing was done: nobody can be asked here. Say --yes to have it done."
    assert desk.audited("purchase.revoked") == []


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 1)], ids=["yes", "nothing"])
async def test_on_a_terminal_it_asks(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda _prompt="": answer.strip())
    said = await desk.say("revoke", desk.pur, "--reason", "x")
    assert said.code == code, said
    assert len(desk.audited("purchase.revoked")) == (code == 0)


async def test_what_waits_for_a_person_is_listed_with_the_commands_that_end_it(desk: Desk) -> None:
    assert await desk.say("attention") == Said(0, "Nothing waits for a person.\n", "")
    course = await desk.service.save_course(title="Chess")
    opened = await desk.service.opened(student("student-7"), course)
    await desk.service.confirm(student("student-7"), opened, token="tok_refuse_refund")
    await desk.service.refund(opened)
    await desk.service.runner().run_due()
    said = await desk.say("attention")
    assert said.code == 1
    assert f"payment {ids.to_text(ids.PAYMENT, opened.id)}" in said.out
    assert "gateway retry job_" in said.out or "gateway cancel job_" in said.out
    answer = json.loads((await desk.say("attention", "--json")).out)
    assert len(answer["nodes"]) == 1


def test_there_is_nothing_to_show_of_no_database(tmp_path: Any) -> None:
    for words in (("payment", "show", ids.EXAMPLES[ids.PAYMENT]), ("attention",)):
        said = terminal.gateway(*words, env=on_sqlite(tmp_path))
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("There is no database at ")
