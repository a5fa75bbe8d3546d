"""The words of a support engineer's commands: look at one thing, act on it, and see what waits for a person."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from gateway.cli.commands.starting import confirmed, fail, own_settings
from gateway.cli.help import UNUSABLE, command

NOTHING, UNSURE = 1, 2
"""Exit codes: there is no such thing, or it was refused; nothing can be said, or nothing was asked for rightly."""

SHOWN = {
    "payment": "A payment: pay_…, its UUID, or the provider's id of it: Stripe's intent or charge, Razorpay's order or"
    " payment.",
    "purchase": "A purchase: pur_…, or its UUID.",
    "student": "A student, by the platform's id.",
    "refund": "A refund: ref_…, its UUID, or the provider's id of it.",
    "job": "A job: job_…, or its UUID.",
}

Json = Annotated[bool, typer.Option("--json", help="Print the API's own answer as JSON, for programs.")]
Reason = Annotated[str, typer.Option(help="Why, for the audit.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; needed where nobody can answer.")]
Key = Annotated[str | None, typer.Option(help="Idempotency key: used again, it does nothing twice.")]
ENDS = {
    "_0": "it is done, or was before.",
    "_1": "nothing was done: there is none, the rules refuse it, or you did; a sentence says which.",
    "_2": "it cannot be done now, and a sentence says whether it may have been.",
}


MAKE = "make"


class MadeByDefault(TyperGroup):
    """`gateway refund pay_… --reason …` is `gateway refund make pay_… --reason …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


def _group(kind: str) -> typer.Typer:
    if kind == "refund":
        return typer.Typer(help="Give money back, or look at a refund.", no_args_is_help=True, cls=MadeByDefault)
    return typer.Typer(help=f"Look at a {kind}.", no_args_is_help=True)


def add_to(app: typer.Typer, purchase: typer.Typer) -> None:
    """Register the commands.

    Args:
        purchase: the group that has commands already.
    """
    for kind, what in SHOWN.items():
        group = purchase if kind == "purchase" else _group(kind)
        if group is not purchase:
            app.add_typer(group, name=kind)
        if kind == "refund":
            command(group, MAKE, **ENDS)(refund)
        command(group, "show", _0="it is shown.", _1="there is none.", _2=UNUSABLE)(_shower(kind, what))
    for each in (revoke, extend, retry, cancel):
        command(app, each.__name__, **ENDS)(each)
    command(app, "attention", _0="nothing waits for a person.", _1="something does.", _2=UNUSABLE)(attention)


def refund(
    payment: Annotated[str, typer.Argument(help=SHOWN["payment"])],
    reason: Reason,
    amount_minor: Annotated[
        int | None,
        typer.Option(help="A part, in the currency's minor unit; unset: all that is left. A part needs --key.", min=1),
    ] = None,
    key: Key = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Give captured money back, by the same service as refundPayment. The purchase ends once all
    of its money is back."""
    given = {"amountMinor": amount_minor, "reason": reason, "idempotencyKey": key}
    _act("refund", payment, given, yes=yes, as_json=as_json)


def revoke(
    purchase: Annotated[str, typer.Argument(help=SHOWN["purchase"])],
    reason: Reason,
    key: Key = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a purchase back, as revokePurchase does. No money moves."""
    _act("revoke", purchase, {"reason": reason, "idempotencyKey": key}, yes=yes, as_json=as_json)


def extend(
    purchase: Annotated[str, typer.Argument(help=SHOWN["purchase"])],
    until: Annotated[
        str,
        typer.Option(
            metavar="WHEN", help="The new end: 2027-01-31T18:30:00Z, or a day, to its end in the slot's time zone."
        ),
    ],
    reason: Reason,
    key: Key = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Let a purchase end later, as extendPurchase does. One that has expired is active again."""
    given = {"expiryDate": until, "reason": reason, "idempotencyKey": key}
    _act("extend", purchase, given, yes=yes, as_json=as_json)


def retry(
    job: Annotated[str, typer.Argument(help=SHOWN["job"])], reason: Reason, yes: Yes = False, as_json: Json = False
) -> None:
    """Have a job run again that was given up or called off, as retryJob does."""
    _act("retry", job, {"reason": reason}, yes=yes, as_json=as_json)


def cancel(
    job: Annotated[str, typer.Argument(help=SHOWN["job"])], reason: Reason, yes: Yes = False, as_json: Json = False
) -> None:
    """Call a job off, or end a case once it is dealt with, as cancelJob does."""
    _act("cancel", job, {"reason": reason}, yes=yes, as_json=as_json)


def attention(
    most: Annotated[int, typer.Option(help="How many at most, the latest first.", min=1, max=100)] = 50,
    as_json: Json = False,
) -> None:
    """What waits for a person: jobs that were given up, cases, open disputes, each with the commands that end it."""
    settings = own_settings(tells_outages=False)
    from gateway.cli.support import show

    said, waiting = show.attention(settings, most, as_json=as_json)
    print(said)
    if waiting:
        raise SystemExit(1)


def _shower(kind: str, what: str) -> Callable[[str, bool], None]:
    def shown(key: Annotated[str, typer.Argument(metavar="ID", help=what)], as_json: Json = False) -> None:
        settings = own_settings(tells_outages=False)
        from gateway.cli.support import show

        said = show.show(settings, kind, key, as_json=as_json)
        if said is None:
            _missing(kind, key)
        print(said)

    shown.__doc__ = f"Show a {kind} with all that belongs to it, and its timeline."
    return shown


def _act(name: str, typed: str, given: Mapping[str, object], *, yes: bool, as_json: bool) -> None:
    settings = own_settings(tells_outages=False)
    from gateway.cli.support import acting, show

    try:
        done = acting.act(settings, name, typed, given, partial(confirmed, yes=yes))
    except acting.Declined:
        fail("Nothing was done.", NOTHING)
    if done is None:
        _missing(acting.ACTIONS[name].kind, typed)
    if as_json:
        print(show.as_object(done.answer))
    else:
        typer.secho(done.sentence, fg=None if done.is_success else "red", err=not done.is_success)
    if not done.is_success:
        raise SystemExit(NOTHING)


def _missing(kind: str, typed: str) -> NoReturn:
    fail(f"There is no {kind} {typed}.", NOTHING)
