"""A schema declared as this product's is, of animals that are not what they should be."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeAlias

import strawberry
from strawberry import ID
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.context import Context
from gateway.resolvers.fields import resolve_fields
from gateway.resolvers.permissions import enforce
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.relations import FieldsOf, Wraps, relation_by
from gateway.services.core.model.values import Actor
from tests.callers import Unlimited
from tests.execution.differential.nasty_values import (
    GOOD,
    SCALARS,
    Animal,
    Canine,
    Even,
    Feline,
    Fickle,
    Mood,
    Size,
    coded,
)

_of = FieldsOf[Animal]()
Nasty: TypeAlias = Any
"""What a field's value is declared as, and is not."""


def _read(name: str, kind: str) -> Nasty:
    return _of.field(f"Its {name}.", lambda animal: animal.one_of(name, kind))


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Tag(Wraps[Animal]):
    text: str = _read("text", "String")
    again: "Tag | None" = _of.wrapped("Another.", lambda animal: animal.near)
    number: int = _of.field("Which one.", lambda animal: animal.number)


@strawberry.type
class Fields(Wraps[Animal]):
    """Those of every animal."""

    id: ID = _read("id", "ID")
    nick: str | None = _read("nick", "String")
    age: int = _read("age", "Int")
    size: Size | None = _read("size", "Size")
    tag: Tag = _of.wrapped("A tag.", lambda animal: animal)
    tags: list[Tag] = _of.wrapped("Tags.", lambda animal: [animal, animal.near or animal])
    gaps: list[Tag | None] = _of.wrapped("Tags, some of them missing.", lambda animal: [animal.near, animal])
    near_number: int | None = _of.field("Of what is near.", lambda animal: animal.near.number)  # type: ignore[union-attr]  # as careless readers are
    seen: str = _of.field_now("When.", lambda animal, now: f"{animal.number} in {now:%Y}")
    friend: "Cat | None" = _of.relation("A cat.", by=lambda animal: animal.number % 9 or None)
    keeper: "Dog" = _of.relation("A dog.", by=lambda animal: animal.number + 1 if animal.number % 11 else None)


@strawberry.type
class Cat(Fields, Named):
    name: str = _read("name", "String")
    mood: Mood = _read("mood", "Mood")
    moods: list[Mood | None] | None = _read("moods", "Moods")
    lives: Even | None = _read("lives", "Even")
    fickle: Fickle = _read("fickle", "Fickle")
    grid: list[list[int | None] | None] = _read("grid", "Grid")
    litter: "list[Cat]" = _of.relation("Its young.", by=lambda animal: animal.number)

    @strawberry.field
    def purr(self, times: int = 1, how: Mood = Mood.GLAD, words: list[str] | None = None) -> str | None:
        return f"{how.name} {words} " * times if self.value.number % 5 else self.value.one_of("purr", "String")

    @strawberry.field
    async def later(self, in_turns: int = 0) -> "Cat | None":
        for _ in range(min(in_turns, 3)):
            await asyncio.sleep(0)
        if self.value.number % 13 == 12:
            raise coded("too late")
        return Cat.of(Feline(self.value.number + 1)) if self.value.number % 3 else None

    @relation_by(Tag | None, "A tag that is looked for.", Tag.of)
    def sought(self, plus: int = 1, factor: int | None = None) -> int | None:
        if plus > 100:
            raise coded("too far")
        return self.value.number * (factor or 1) + plus if plus else None


@strawberry.type
class Dog(Fields, Named):
    name: str = _read("name", "String")
    weight: float | None = _read("weight", "Float")
    is_tame: bool = _read("tame", "Boolean")
    anything: JSON | None = _read("anything", "JSON")
    toys: list[str] = _read("toys", "Strings")
    secret: str = _of.field("For admins.", lambda animal: "bone", directives=ADMIN_ONLY)
    secrets: "Secrets | None" = _of.wrapped("For admins.", lambda animal: animal.near)


@strawberry.type(directives=ADMIN_ONLY)
class Secrets(Wraps[Animal]):
    text: str = _read("text", "String")
    owner: Tag | None = _of.wrapped("Whose.", lambda animal: animal.near)


@strawberry.type
class Stone:
    """Neither wraps anything nor is alive."""

    name: str
    weight: int | None
    moods: list[Mood]

    @strawberry.field
    def rolls(self, info: strawberry.Info[Context, None]) -> str | None:
        return info.field_name if info.context.viewer else None


Beast = Annotated[Cat | Dog | Stone, strawberry.union("Beast")]


def beast(number: int) -> Any:
    """What stands for the number in a union, or in an interface."""
    match number % 8:
        case 0 | 1 | 2:
            return Cat.of(Feline(number))
        case 3 | 4:
            return Dog.of(Canine(number))
        case 5:
            return Stone(name="stone", weight=number, moods=[Mood.GLAD])
        case 6 if number < GOOD:
            return None
        case 6:
            return Tag.of(Animal(number))  # no member
        case _ if number < GOOD:
            return Stone(name="good", weight=None, moods=[])
        case _:
            return ValueError("a beast")


@strawberry.input
class Where:
    numbers: list[int] | None = None
    mood: Mood = Mood.SAD
    even: Even | None = None
    inner: "Where | None" = None
    maybe: strawberry.Maybe[int | None]


@strawberry.input(one_of=True)
class Either:
    one: strawberry.Maybe[int]
    text: strawberry.Maybe[str]


@strawberry.type
class Query:
    @strawberry.field
    def cat(self, number: int) -> Cat:
        return Cat.of(Feline(number))

    @strawberry.field
    async def dog(self, number: int = 3) -> Dog | None:
        return Dog.of(Canine(number)) if number else None

    @strawberry.field
    def beasts(self, numbers: list[int]) -> list[Beast | None]:
        return [beast(each) for each in numbers]

    @strawberry.field
    async def herds(self, herds: list[list[int]], where: Where | None = None) -> list[list[Beast]] | None:
        await asyncio.sleep(0)
        return [[beast(each) for each in herd] for herd in herds]

    @strawberry.field
    def named(self, numbers: list[int | None] | None = None) -> list[Named] | None:
        return None if numbers is None else [beast(each or 0) for each in numbers]

    @strawberry.field
    def asked(self, where: Where, either: Either | None = None, sizes: list[Size] | None = None) -> str:
        return f"{where} {either} {sizes}"

    @strawberry.field
    def path(self, info: strawberry.Info[Context, None]) -> str:
        return f"{info.path.key} {info.python_name} {sorted(info.variable_values.items())}"

    @strawberry.field(directives=ADMIN_ONLY)
    def guarded(self, number: int = 1) -> Cat | None:
        return Cat.of(Feline(number))


@strawberry.type
class Done(Wraps[Animal]):
    name: str = _read("name", "String")
    cat: Cat | None = _of.relation("A cat.", by=lambda animal: animal.number)
    cats: list[Cat] = _of.wrapped("Cats.", lambda animal: [animal, animal])
    count: int = _of.field("How often it was done.", lambda animal: animal.number)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: strawberry.Info[Any, None], number: int = 1) -> Done:
        await asyncio.sleep(0)
        info.context.journal.append(f"change {number}")
        if number % 10 == 9:
            raise coded("cannot be changed")
        return Done.of(Feline(number))

    @strawberry.mutation
    def change_now(self, info: strawberry.Info[Any, None], number: int = 1) -> Done | None:
        info.context.journal.append(f"change now {number}")
        if number % 10 == 8:
            raise ValueError("cannot be changed now")
        return Done.of(Feline(number)) if number % 4 else None

    @strawberry.mutation
    async def change_all(self, info: strawberry.Info[Any, None], numbers: list[int]) -> list[Beast]:
        info.context.journal.append(f"change all {numbers}")
        return [beast(each) for each in numbers]

    @strawberry.mutation(directives=ADMIN_ONLY)
    async def change_guarded(self, info: strawberry.Info[Any, None], even: Even) -> int | None:
        info.context.journal.append(f"change guarded {even}")
        return even * 2**29


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def cats(self, numbers: list[int]) -> AsyncGenerator[Cat | None, None]:
        for each in numbers:
            yield Cat.of(Feline(each)) if each % 6 else None
        if len(numbers) > 2:
            raise coded("enough")

    @strawberry.subscription
    async def beasts(self, info: strawberry.Info[Any, None], numbers: list[int]) -> AsyncGenerator[Beast, None]:
        for each in numbers:
            info.context.now = info.context.now.replace(year=2000 + each)
            yield beast(each)

    @strawberry.subscription
    async def numbers(self, numbers: list[int]) -> AsyncGenerator[int, None]:
        for each in numbers:
            yield each * 2**28


@dataclass(frozen=True)
class Kind:
    """A kind of look-up: what it finds for some numbers is nothing, for others an error, for all too many a refusal."""

    name: str

    def find(self, number: int) -> Any:
        match self.name:
            case "litter":
                return None if number % 17 == 16 else [Feline(number + each) for each in range(number % 4)]
            case "tag":
                return Animal(number) if number % 3 else None
            case _ if number % 8 == 7:
                return None
            case "cat":
                return Feline(number)
            case _:
                return Canine(number)

    def fails_for(self, number: int) -> bool:
        return number >= GOOD and number % 10 == 5


@dataclass
class Reads:
    """What an operation reads, as `gateway.services.reading.snapshot` does: by a key, or by many at once."""

    journal: list[str] = field(default_factory=list)
    """What mutations did, in its order."""

    def forget(self) -> None:
        """Nothing is known."""

    def narrow(self, learnt: dict[object, Any]) -> None:
        """Nothing is learnt: there are no columns."""

    def settle(self) -> None:
        """Likewise."""

    def ask(self, kind: Kind, key: int) -> object:
        if kind.name == "tag" and key % 2:  # it is there already
            return kind.find(key)
        return self._find(kind, key)

    def find_all(self, kind: Kind, keys: Sequence[int]) -> object:
        if kind.name == "tag" and all(key % 2 for key in keys):
            return [kind.find(key) for key in keys]
        return self._find_all(kind, keys)

    async def _find(self, kind: Kind, key: int) -> object:
        await asyncio.sleep(0)
        if kind.fails_for(key):
            raise coded(f"no {kind.name} for {key}")
        return kind.find(key)

    async def _find_all(self, kind: Kind, keys: Sequence[int]) -> Sequence[object]:
        await asyncio.sleep(0)
        return [await self._find(kind, key) for key in keys]


@dataclass
class NastyContext:
    """What resolvers here know of a request."""

    viewer: Actor | None
    caller: Unlimited = field(default_factory=Unlimited)
    reads: Reads = field(default_factory=Reads)
    now: datetime = datetime(2026, 11, 23, tzinfo=UTC)
    on_turn: Callable[[], None] | None = None

    @property
    def journal(self) -> list[str]:
        return self.reads.journal


def finds() -> Mapping[object, Any]:
    cat, dog, litter, tag = (_finder(Kind(name)) for name in ("cat", "dog", "litter", "tag"))
    return {
        Fields.friend: cat,
        Fields.keeper: partial(_kept_by, dog),
        Cat.litter: litter,
        Cat.sought: tag,
        Done.cat: cat,
    }


def _finder(kind: Kind) -> Any:
    from gateway.resolvers.steps import Found

    return Found(kind)  # type: ignore[arg-type]  # a kind of look-up of these reads


async def _kept_by(find: Any, context: Any, key: int) -> Any:
    """A look-up that takes more than one: it may raise before it waits for anything."""
    if key >= GOOD and key % 10 == 3:
        raise LookupError("nobody keeps it")
    return await find(context, key)


def nasty_schema(query: type = Query, mutation: type = Mutation) -> strawberry.Schema:
    """The schema, ready as the product's is; its roots may be given others, which have more."""
    schema = strawberry.Schema(
        query, mutation, Subscription, types=[Stone], config=StrawberryConfig(scalar_map=dict(SCALARS))
    )
    resolve_fields(schema._schema, finds())
    enforce(schema._schema)
    return schema
