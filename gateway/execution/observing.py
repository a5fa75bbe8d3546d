"""What an operation came to, as its log line, the numbers and its span have it.

None of them is a stranger's: a name of an operation is one by GraphQL's grammar, and cut; types and codes are the
schema's.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.context import Context
from gateway.execution.operations import Result
from gateway.services import tracing
from gateway.services.measures import recording
from gateway.services.measures.catalogue import Measures

LONGEST_NAME = 64
MOST_NAMED = 5
"""Types, or codes, that one line names."""

STRANGER = "STRANGER"
"""The role of whoever shows no token."""


def log_fields(context: Context, result: Result | None) -> dict[str, Any]:
    """What a log line says of an operation; what there is none of is None. `outcome`: the types of the unions that
    answered a mutation; `code`: those of its problems, and of its errors.

    Args:
        result: the one that was answered, or the last.
    """
    name, came_to = context.name, context.came_to
    role = context.viewer.role if context.viewer is not None else STRANGER
    outcome = code = None
    if len(came_to) == 1:  # as nearly always
        [(_, answered)] = came_to
        outcome, code = type_name(answered), problem_code(answered)
    elif came_to:
        answers = [answered for _, answered in came_to]
        outcome = _listed(map(type_name, answers))
        code = _listed(filter(None, map(problem_code, answers)))
    if result is not None and "errors" in result.payload and (codes := error_codes(result)):
        code = _listed([*([code] if code else []), *codes])
    return {
        "operation": name if name is None else name[:LONGEST_NAME],
        "kind": context.kind,
        "role": role,
        "outcome": outcome,
        "code": code,
    }


def measure(context: Context, result: Result, took_s: float) -> None:
    """Add an operation to this process's numbers, and name its span."""
    if tracing.spans is not None and tracing.recorded.get():
        kind = context.kind or "operation"
        attributes = {f"graphql.operation.{each}": text for each, text in _known(context)}
        tracing.spans.note(attributes, f"{kind} {context.came_to[0][0]}" if context.came_to else kind)
    if (measures := recording.measures) is not None:
        _count(measures, context, result, took_s)


def _known(context: Context) -> Iterator[tuple[str, str]]:
    if context.kind is not None:
        yield "type", context.kind
    if context.name is not None:
        yield "name", context.name[:LONGEST_NAME]


def _count(measures: Measures, context: Context, result: Result, took_s: float) -> None:
    codes = error_codes(result) if "errors" in result.payload else ()
    how = "refused" if result.is_refusal else "errors" if codes else "ok"
    measures.operations.observe(took_s, context.kind or "none", how)
    for code in codes:
        measures.errors.add(code)
    for operation, answered in context.came_to:
        measures.outcomes.add(operation, type_name(answered))
        if (problem := problem_code(answered)) is not None:
            measures.problems.add(operation, problem)


def count_subscription(by: int) -> None:
    """So many more are open now."""
    if (measures := recording.measures) is not None:
        measures.subscriptions.add(by)


def type_name(answered: object) -> str:
    """The GraphQL type of what answers a mutation."""
    definition: Any = type(answered).__strawberry_definition__  # type: ignore[attr-defined]  # Strawberry's mark
    name: str = definition.name
    return name


def problem_code(answered: object) -> str | None:
    code = getattr(answered, "code", None)
    return None if code is None else str(code.value)


def error_codes(result: Result) -> list[str]:
    """Of all its errors, each as often as it comes."""
    errors = result.payload.get("errors") or ()
    return [str((each.get("extensions") or {}).get("code", "NONE")) for each in errors]


def _listed(words: Iterable[str]) -> str | None:
    distinct = dict.fromkeys(words)
    shown = [*distinct][:MOST_NAMED]
    return ", ".join(shown) + (" …" if len(distinct) > MOST_NAMED else "") if shown else None
