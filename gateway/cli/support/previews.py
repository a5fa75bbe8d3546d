"""What an action will do to a thing, as it is now, and what it has done: sentences for who is asked to confirm it."""

from collections.abc import Mapping
from typing import Any

from gateway.cli.support.words import in_brief, money, whole_units

Answer = Mapping[str, Any]


def by_key(key: str, thing: Answer, made: str) -> str:
    """Of a call that was made before with the same key.

    Args:
        made: the refund's id, where the key made one.
    """
    of_refund = [each for each in thing.get("refunds", ()) if each["id"] == made]
    stands = [refunded({"refund": each}) for each in of_refund] or [f"It is {thing['status']}: {thing['id']}."]
    return f"Nothing new: the same was asked for with the key {key} before. {stands[0]}"


def reused_key(key: str) -> str:
    return f"It will be refused: the key {key} was used for something else before. Take a new one."


def refund(payment: Answer, given: Answer) -> str:
    captured = payment["amountCaptured"]
    if captured is None:
        return f"Nothing was captured of {payment['id']}, so there is nothing to give back."
    currency, left = captured["currency"], _left(payment)
    if left == 0:
        return f"All of {money(captured)} of {payment['id']} went back, or is on its way back: nothing is left."
    amount = given.get("amountMinor")
    back = left if amount is None else amount
    of_all = (
        f"of {whole_units(captured['amountMinor'], currency)} captured, of which {whole_units(left, currency)} is left"
    )
    lines = [f"Give back {whole_units(back, currency)} {currency}, {of_all}, to student {payment['student']['id']}."]
    if purchase := payment["purchase"]:
        ends = f"Purchase {purchase['id']} ({purchase['status']}) "
        is_ending = back >= left and purchase["status"] in ("ACTIVE", "SUPERSEDED")
        lines.append(
            ends + ("ends once all of its money is back, and so does its access." if is_ending else "stays as it is.")
        )
    lines.append(f"{payment['provider']} moves the money; a job sees to it.")
    return "\n".join(lines)


def refunded(done: Answer) -> str:
    made = done["refund"]
    return f"Refund {made['id']} of {money(made['amount'])} is {made['status']}."


def revoke(purchase: Answer, _given: Answer) -> str:
    if purchase["status"] == "REVOKED":
        return f"Nothing new: {_named(purchase)} is REVOKED already."
    held = purchase["access"]
    used = f", {held['sessionsUsed']} of {held['sessionsTotal']} sessions used" if held else ""
    paid = " Its money stays where it is: give it back with `gateway refund`." if purchase["payment"] else ""
    return (
        f"Take {_named(purchase)} ({purchase['status']}{used}) from student {purchase['student']['id']}."
        f" The access ends at once; the student may get the course again.{paid}"
    )


def revoked(done: Answer) -> str:
    return f"Purchase {done['purchase']['id']} is {done['purchase']['status']}."


def extend(purchase: Answer, given: Answer) -> str:
    held = purchase["access"]
    if held and held["expiresAt"] == given["expiryDate"]:
        return f"Nothing new: {_named(purchase)} ends {in_brief(given['expiryDate'])} already."
    ends = in_brief(held["expiresAt"]) if held and held["expiresAt"] else "never"
    again = " It is active again." if purchase["status"] == "EXPIRED" else ""
    return (
        f"Let {_named(purchase)} ({purchase['status']}) of student {purchase['student']['id']}"
        f" end {in_brief(given['expiryDate'])}, not {ends}.{again}"
    )


def extended(done: Answer) -> str:
    purchase = done["purchase"]
    return f"Purchase {purchase['id']} is {purchase['status']} and ends {in_brief(purchase['access']['expiresAt'])}."


def retry(job: Answer, _given: Answer) -> str:
    return f"Run {_job(job)} again, from now."


def retried(done: Answer) -> str:
    return f"Job {done['job']['id']} is {done['job']['state']}, due {in_brief(done['job']['runAt'])}."


def cancel(job: Answer, _given: Answer) -> str:
    if job["state"] == "CANCELED":
        return f"{_job(job)} is off the list already."
    owed = " The refund is still owed." if job["kind"] == "PAYMENT_REFUND" else ""
    off = "End" if job["kind"] == "CASE_REVIEW" else "Call off"
    return f"{off} {_job(job)}.{owed}"


def canceled(done: Answer) -> str:
    return f"Job {done['job']['id']} is {done['job']['state']}."


def _left(payment: Answer) -> int:
    """What has not gone back and is not on its way: as the API has it, which decides anew."""
    back: int = payment["amountRefunded"]["amountMinor"] if payment["amountRefunded"] else 0
    waiting: int = sum(each["amount"]["amountMinor"] for each in payment["refunds"] if each["status"] == "PENDING")
    return max(0, int(payment["amountCaptured"]["amountMinor"]) - back - waiting)


def _named(purchase: Answer) -> str:
    return f"{purchase['id']}, {purchase['tier']} of {purchase['course']['title']}"


def _job(job: Answer) -> str:
    why = f": {in_brief(job['lastError'])}" if job["lastError"] else ""
    return f"{job['id']} ({job['kind']}, {job['state']}{why})"
