"""Compiles the shape of an operation to a plan: a function for each field of its root, and one for each relation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import FragmentDefinitionNode, OperationType
from strawberry import Schema

from gateway.execution.plan.code import Code
from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.infos import Place, infos
from gateway.execution.plan.inputs.arguments import Arguments, arguments_of
from gateway.execution.plan.regions.fields import is_seen_through
from gateway.execution.plan.regions.objects import Regions
from gateway.execution.plan.running import Join, Plan, Root, Run, Waiting, at_once
from gateway.execution.plan.shapes import Field, Object, Shaping
from gateway.resolvers.steps import Found, FromEvent, FromMethod, FromRelation

BYTES_OF_CODE = 13
"""What a character of a plan's text takes with its code and constants, and itself; as measured."""

TEXTS_OF_OBJECT = 2
"""That which reads attributes, and that which reads the rows of what the plan has learnt to be enough."""


@dataclass(slots=True)
class _Declared:
    """A join that is not written yet. `root`: under which of the root's fields; `depth`: how many joins lie above."""

    field: Field
    arguments: Arguments | None
    root: int
    depth: int


def compiled(schema: Schema, shaping: Shaping) -> Plan:
    """The plan of an operation. Raises: NotCovered."""
    return _Compiling(schema, shaping).plan()


class _Compiling:
    def __init__(self, schema: Schema, shaping: Shaping) -> None:
        self._schema, self._shaping = schema, shaping
        self._kind = shaping.operation.operation
        self._code = Code()
        self._regions = Regions(self._code, self)
        self._declared: list[_Declared] = []
        self._queues: dict[Field, int] = {}
        self._written_chars = 0
        self._root = self._depth = 0

    def plan(self) -> Plan:
        fields = self._shaping.root()
        for self._root, each in enumerate(fields):
            self._depth = 0
            self._write_root(each)
        queue = 0
        while queue < len(self._declared):  # each one that is written may declare others
            self._write_join(queue, self._declared[queue])
            queue += 1
        functions = self._code.functions()
        joins = [self._join(queue, each, functions) for queue, each in enumerate(self._declared)]
        roots = tuple(
            Root(each.name, functions[f"root{place}"], self._calling(each), self._levels(joins, {place}))
            for place, each in enumerate(fields)
        )
        size = BYTES_OF_CODE * (len(self._code.text) + TEXTS_OF_OBJECT * self._written_chars)
        return Plan(roots, self._levels(joins, set(range(len(fields)))), len(joins), size)

    def _levels(self, joins: list[Join], roots: set[int]) -> tuple[tuple[Join, ...], ...]:
        mine = [(each.depth, join) for each, join in zip(self._declared, joins, strict=True) if each.root in roots]
        deepest = max((depth for depth, _ in mine), default=-1)
        return tuple(tuple(join for depth, join in mine if depth == level) for level in range(deepest + 1))

    # ------------------------------------------------------------ what regions ask for

    def join(self, field: Field, arguments: Arguments | None) -> int:
        if field not in self._queues:
            self._queues[field] = len(self._declared)
            self._declared.append(_Declared(field, arguments, self._root, self._depth))
        return self._queues[field]

    def wrote(self, code: Code) -> None:
        self._written_chars += len(code.text)

    def arguments(self, field: Field) -> Arguments:
        return arguments_of(field, self._schema)

    def info(self, field: Field) -> Callable[[Any], object]:
        return infos(self._place(field, is_root=False), self._schema)

    def _place(self, field: Field, *, is_root: bool) -> Place:
        shaping = self._shaping
        fragments = {
            each.name.value: each for each in shaping.document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        return Place(shaping.schema, shaping.operation, fragments, field, is_root)

    # ------------------------------------------------------------ functions

    def _write_root(self, field: Field) -> None:
        code = self._code
        with self._regions.function(f"root{self._root}(run, data)"):
            if field.shape is None:
                code.line(f"data[{field.name!r}] = {field.parent_type.name!r}")
                return
            self._regions.guard(field.roles)
            match field.step:
                case FromMethod():
                    arguments = self.arguments(field)
                    convert, constant = arguments.convert, arguments.constant
                    given = f"{code.name_of(convert, 'convert')}(run.values)"
                    if constant is not None:
                        given = code.name_of(constant, "G")
                    self._regions.needs.add("queues")
                    code.line(f"queues[{self.join(field, arguments)}].append(({given}, data))")
                case FromEvent() if self._kind is OperationType.SUBSCRIPTION:
                    code.line("x = run.event")
                    code.line(f"data[{field.name!r}] = {self._regions.value('x', field.shape, is_wrapped=True)}")
                case _:
                    raise NotCovered(f"{field.name} is read of a root, and there is none")

    def _write_join(self, queue: int, declared: _Declared) -> None:
        code, field, step = self._code, declared.field, declared.field.step
        self._root, self._depth = declared.root, declared.depth + 1
        assert field.shape is not None
        is_wrapped, answer = True, None
        if isinstance(step, FromRelation):
            is_wrapped = not is_seen_through(step.answer, field.shape)
            answer = step.answer if is_wrapped else None
        # What one key found stands for all that had the key, and so does what is written of it.
        is_shared = isinstance(step, FromRelation) and isinstance(step.find, Found) and isinstance(field.shape, Object)
        with self._regions.function(f"join{queue}(waiting, found, run)"):
            if is_shared:
                code.line("known = {}")
            with code.block("for (_, data), x in zip(waiting, found, strict=True)"):
                if is_shared:
                    code.line("place = id(x)")
                    with code.block("if place in known"):
                        code.line(f"data[{field.name!r}] = known[place]")
                        code.line("continue")
                if answer is not None:
                    code.line(f"x = {code.name_of(answer, 'answer')}(x)")
                written = self._regions.value("x", field.shape, is_wrapped=is_wrapped)
                code.line(f"data[{field.name!r}] = {'known[place] = ' if is_shared else ''}{written}")

    # ------------------------------------------------------------ joins

    def _join(self, queue: int, declared: _Declared, functions: Mapping[str, Any]) -> Join:
        return Join(queue, self._ask(declared), functions[f"join{queue}"])

    def _calling(self, field: Field) -> Callable[[Any, Run], Any] | None:
        """Calls the method of a root's field with its arguments; None where it has none."""
        if not isinstance(field.step, FromMethod):
            return None
        step, make = field.step, infos(self._place(field, is_root=True), self._schema)
        method, info, objects = step.method, step.info, (None,) if step.takes_object else ()
        if info is None:
            return lambda arguments, run: method(*objects, **arguments)
        return lambda arguments, run: method(*objects, **{info: make(run)}, **arguments)

    def _ask(self, declared: _Declared) -> Callable[[Waiting, Run], Any]:
        match declared.field.step:
            case FromRelation(find=Found() as one):
                return partial(_found, one)
            case FromRelation(find=find):
                return lambda waiting, run: at_once([partial(find, run.context, key) for key, _ in waiting])
            case FromMethod() if declared.depth == 0 and self._kind is not OperationType.SUBSCRIPTION:
                call = self._calling(declared.field)
                assert call is not None, "the step is a method"
                return lambda waiting, run: at_once([partial(call, arguments, run) for arguments, _ in waiting])
            case FromMethod() as step:
                assert declared.arguments is not None
                make = infos(self._place(declared.field, is_root=False), self._schema)
                return _asking_objects(step, make, declared.arguments)
            case _:
                raise NotCovered("what is neither a relation nor a method is not waited for")


def _found(by: Found, waiting: Waiting, run: Run) -> Any:
    keys = (waiting[0][0],) if len(waiting) == 1 else [key for key, _ in waiting]
    return run.context.reads.find_all(by.finder, keys)


def _asking_objects(
    step: FromMethod, make: Callable[[Run], object], arguments: Arguments
) -> Callable[[Waiting, Run], Any]:
    method, info, convert = step.method, step.info, arguments.convert

    def ask(waiting: Waiting, run: Run) -> Any:
        named = {info: make(run)} if info else {}
        given = [(holder,) if step.takes_object else () for holder, _ in waiting]
        return at_once([partial(method, *each, **named, **convert(run.values)) for each in given])

    return ask
