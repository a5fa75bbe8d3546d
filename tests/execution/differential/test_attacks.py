"""Operations thought out to tell a plan from graphql-core: they are answered the same."""

import asyncio
from typing import Any

import pytest
import strawberry

from gateway.execution.operations import Operation
from tests.execution.differential.comparisons import CONTEXTS
from tests.execution.differential.nasty_schema import Mutation, Query, nasty_schema
from tests.execution.differential.ornaments import Drawn
from tests.execution.differential.values import WRONG, Json
from tests.execution.differential.ways import WIDE, Ways

pytestmark = pytest.mark.anyio

NUMBER = "query($n: Int!) { cat(number: $n) { id } }"
OPTIONAL = "query($n: Int) { dog(number: $n) { id } }"
DEFAULTED = "query($n: Int = 5) { dog(number: $n) { id } }"
LIST = "query($n: [Int!]!) { beasts(numbers: $n) { __typename } }"
NULLABLE_LIST = "query($n: [Int]) { named(numbers: $n) { name } }"
DEEP_LIST = "query($n: [[Int!]!]!) { herds(herds: $n) { __typename } }"
WHERE = "query($w: Where!) { asked(where: $w) }"
EITHER = "query($e: Either) { asked(where: {maybe: 1}, either: $e) }"
IN_EITHER = "query($n: Int!) { asked(where: {}, either: {one: $n}) }"
IN_WHERE = "query($n: Int, $w: Where) { asked(where: {maybe: $n, inner: $w, numbers: [1]}) }"
SIZES = "query($s: [Size!]) { asked(where: {}, sizes: $s) }"
MOOD = "query($m: Mood!) { cat(number: 2) { purr(how: $m, times: 2) } }"
NO_MOOD = "query($m: Mood) { cat(number: 2) { purr(how: $m) } }"
WORDS = "query($w: String!) { cat(number: 2) { purr(words: [$w, null]) } }"
TIMES = "query($t: Int) { cat(number: 2) { purr(times: $t) } }"
SOUGHT = "query($p: Int, $f: Int) { cat(number: 2) { sought(plus: $p, factor: $f) { number } } }"
EVEN = "query($e: Even) { asked(where: {even: $e}) }"
PATH = "query($a: Int = 1, $b: Float, $c: [Where]) { path a: path x: dog(number: $a) { id } }"
INCLUDE = "query($i: Boolean = true) { dog { id @include(if: $i) name } }"
SKIP = "query($i: Boolean!) { dog { id @skip(if: $i) name @skip(if: $i) } }"

OF_ONE_VARIABLE = {
    "n": (NUMBER, OPTIONAL, DEFAULTED, LIST, NULLABLE_LIST, DEEP_LIST, IN_EITHER, IN_WHERE),
    "w": (WHERE, IN_WHERE, WORDS),
    "e": (EITHER, EVEN),
    "s": (SIZES,),
    "m": (MOOD, NO_MOOD),
    "t": (TIMES,),
    "p": (SOUGHT,),
    "f": (SOUGHT,),
    "a": (PATH,),
    "c": (PATH,),
    "i": (INCLUDE, SKIP),
}

MEANT: tuple[Json, ...] = (
    1,
    2.0,
    2,
    [1, 3],
    [[1], [3]],
    [1, None],
    {"numbers": 4},
    {"numbers": None, "mood": "GLAD"},
    {"maybe": None},
    {"maybe": 3, "inner": {"inner": {"even": 4}}},
    {"one": 1},
    {"one": 1, "text": "b"},
    {"one": None},
    {"text": "b"},
    {"even": 3},
    {"mood": "glad"},
    "GLAD",
    "glad",
    "SMALL",
    ["SMALL", "LARGE"],
    ["SMALL", None],
    False,
    "true",
    10**30,
)

FIXED = {
    "nothing of any type": "{ dog { __typename } __typename again: __typename }",
    "an empty set by directives": "{ dog { id @skip(if: true) } cat(number: 1) @include(if: false) { id } }",
    "nothing at all": "{ cat(number: 1) @skip(if: true) { id } }",
    "one key of several types": "{ named(numbers: [1, 3]) { ... on Cat { x: name } ... on Dog { x: name } } }",
    "one key of an interface and its type": "{ named(numbers: [1, 3]) { name ... on Dog { name weight } __typename } }",
    "fields that merge in a list": "{ cat(number: 2) { litter { id tags { text } } litter { id tags { number } name "
    "} } }",
    "fields that merge from fragments": "{ ...A ...B } fragment A on Query { dog { tag { text } } } "
    "fragment B on Query { dog { tag { number } ...C } } fragment C on Dog { tag { again { text } } id }",
    "fragments of fragments": "{ dog { ...A } } fragment A on Dog { ...B } fragment B on Named { ... on Dog { ...C } } "
    "fragment C on Dog { id ...D } fragment D on Named { name ... on Cat { mood } }",
    "a type that cannot be": "{ dog { ... on Named { ... on Cat { mood } name } } }",
    "an alias of another field": "{ dog { name: id id: name __typename: age } }",
    "aliases that Python has": "{ dog { class: id def: name self: age None: nick run: size data: id x: name } }",
    "both directives": "{ dog { id @include(if: true) @skip(if: true) name @include(if: true) @skip(if: false) } }",
    "two directives on a spread": "{ dog { ...A @include(if: false) ...A @skip(if: false) } } fragment A on Dog { id }",
    "a directive on one of two": "{ dog { id @include(if: false) } dog { id } }",
    "introspection": "{ __schema { queryType { name } } dog { id } }",
    "introspection of a type": '{ __type(name: "Dog") { name fields { name } } }',
    "deferred": "{ dog { ... @defer { id } } }",
    "an unknown directive": "{ dog { id @unknown } }",
    "integers at their ends": "{ cat(number: 2147483647) { id } dog(number: -2147483648) { tag { number } } }",
    "integers beyond": "{ cat(number: 2147483648) { id } }",
    "a scalar that writes nothing of some": "{ a: cat(number: 1) { fickle } b: cat(number: 131) { fickle } }",
    "a surrogate": '{ cat(number: 2) { purr(words: ["\\ud800", "\\ud83d\\ude00", "\\u{1F600}"]) } }',
    "quotes and newlines": '{ cat(number: 2) { purr(words: ["a\\"b\'c\\n{}\\\\", """block\n  "text\\""""]) } }',
    "a literal null": "{ named(numbers: null) { name } dog(number: 3) { id } }",
    "a literal null where none may be": "{ dog(number: null) { id } }",
    "a list of one": "{ beasts(numbers: 5) { __typename } herds(herds: 5) { __typename } }",
    "an object in an object": "{ asked(where: {inner: {inner: {numbers: 1, mood: GLAD}}, even: 4, maybe: null}) }",
    "a wrong constant": "{ asked(where: {even: 3}) }",
    "both of one": '{ asked(where: {}, either: {one: 1, text: "a"}) }',
    "none of one": "{ asked(where: {}, either: {}) }",
    "a union that is empty": "{ beasts(numbers: [0, 3, 5, 6, 7]) { ... on Cat { id } } }",
    "a list with a stranger": "{ beasts(numbers: [1, 106, 3]) { __typename } }",
    "a list with an error": "{ beasts(numbers: [1, 107, 3]) { __typename } }",
    "lists of lists with an error": "{ herds(herds: [[1], [107], [3, 106]]) { ... on Cat { id } } }",
    "a raising sibling": "{ a: cat(number: 104) { name mood age } b: dog(number: 4) { id } c: cat(number: "
    "109) { grid } }",
    "a relation that is none": "{ cat(number: 9) { friend { id } } dog(number: 11) { keeper { id } } }",
    "a relation that fails for one": "{ beasts(numbers: [105, 1]) { ... on Cat { friend { id } } "
    "... on Dog { keeper { name } } } cat(number: 1) { litter { friend { friend { id } } } } }",
    "a relation that raises at once": "{ dog(number: 102) { keeper { id } } cat(number: 102) { keeper { id } } }",
    "a waited-for method": "{ cat(number: 2) { later(inTurns: 2) { later { id } } } z: cat(number: 12) { "
    "later { id } } }",
    "what only admins may see": "{ dog { secret secrets { text owner { number } } } guarded { id } }",
    "a guard in a list": "{ beasts(numbers: [1, 3, 4]) { ... on Dog { secret } } }",
    "the same relation twice": "{ cat(number: 1) { a: friend { id } b: friend { name } keeper { id } keeper { "
    "name } } }",
    "only the type of a relation": "{ cat(number: 1) { friend { __typename } litter { __typename } sought { "
    "__typename } } }",
    "a key that is known already": "{ cat(number: 2) { a: sought(plus: 1) { number } b: sought(plus: 2) { number } } }",
}

FEWEST_BY_PLAN = 100
"""Of the values that come for variables most are refused."""

MOST_TURNS = 1_000
"""Of the loop, until what is asked for is under way."""

NAMED = "query A { dog { id } } query B { cat(number: 1) { id } } mutation C { change { count } }"

CHANGES = {
    "the second raises": "mutation { a: change(number: 1) { count } b: change(number: 9) { count } c: "
    "change { count } }",
    "the first raises": "mutation { a: change(number: 9) { count } b: change(number: 2) { count } }",
    "a nullable one raises": "mutation { a: change { count } b: changeNow(number: 8) { count } c: change { count } }",
    "a selection fails": "mutation { a: change(number: 104) { name cat { name } } b: change(number: 2) { count } }",
    "the last selection fails": "mutation { a: change(number: 2) { count } b: change(number: 105) { cat { id } } }",
    "a guard in the middle": "mutation { a: change { count } b: changeGuarded(even: 4) c: changeNow(number: "
    "1) { count } }",
    "what is too large": "mutation { a: change { count } changeGuarded(even: 8) c: change { cats { id } } }",
    "lists": "mutation { a: changeAll(numbers: [1, 106]) { __typename } b: change { count } }",
    "only the type": "mutation { __typename }",
    "the type between": "mutation { a: change { count } __typename b: changeNow { count } }",
    "the same twice": "mutation { change { count } change { count cats { id } } ...A } fragment A on "
    "Mutation { change { name } }",
    "skipped": "mutation { a: change @skip(if: true) { count } b: changeNow @include(if: true) { count } }",
}


async def _slow(journal: list[str]) -> int:
    journal.append("slow begins")
    try:
        await asyncio.sleep(60)
    finally:
        journal.append("slow ends")
    return 1


@strawberry.type(name="Query")
class SlowQuery(Query):
    @strawberry.field
    async def slow(self, info: strawberry.Info[Any, None]) -> int:
        return await _slow(info.context.journal)


@strawberry.type(name="Mutation")
class SlowMutation(Mutation):
    @strawberry.mutation
    async def slow(self, info: strawberry.Info[Any, None]) -> int:
        return await _slow(info.context.journal)


@pytest.fixture(scope="module")
def schema() -> Any:
    return nasty_schema()


@pytest.fixture
def ways(schema: Any) -> Ways:
    return Ways(schema, {**WIDE, "introspection": True})


async def test_variables_of_any_value_are_coerced_the_same(ways: Ways) -> None:
    for name, texts in OF_ONE_VARIABLE.items():
        for text in texts:
            for given in ({}, *({name: value} for value in (*MEANT, *WRONG))):
                await ways.compare(Drawn(text, given), [CONTEXTS["admin"]])
    ways.check()
    assert ways.planned.ways.by_plan > FEWEST_BY_PLAN


@pytest.mark.parametrize("name", FIXED)
async def test_a_query_that_was_thought_out_is_answered_the_same(ways: Ways, name: str) -> None:
    await ways.compare(Drawn(FIXED[name], {}), [*CONTEXTS.values()])
    ways.check()


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("viewer", CONTEXTS)
async def test_a_mutation_that_was_thought_out_is_answered_the_same(ways: Ways, name: str, viewer: str) -> None:
    one, other = CONTEXTS[viewer](), CONTEXTS[viewer]()
    await ways.compare_change(Drawn(CHANGES[name], {}), one, other)
    ways.check()
    assert one.journal == other.journal


async def test_the_operation_that_is_named_is_the_one_that_is_answered(ways: Ways) -> None:
    for name in ("A", "B", "C", "D", "", None):
        await ways.compare_change(Drawn(NAMED, {}, name), CONTEXTS["admin"](), CONTEXTS["admin"]())
    ways.check()


@pytest.mark.parametrize("length", [10, 100, 1_000])
async def test_long_and_deep_operations_are_answered_the_same(ways: Ways, length: int) -> None:
    aliases = " ".join(f"a{number}: dog(number: {number}) {{ id name }}" for number in range(min(length, 900) // 50))
    many = " ".join(f"a{number}: name b{number}: nick" for number in range(length))
    deep = "".join("tag { again { " for _ in range(min(length, 49))) + "number" + " } }" * min(length, 49)
    fragments = " ".join(f"fragment F{number} on Dog {{ id ...F{number + 1} }}" for number in range(min(length, 90)))
    last = f"fragment F{min(length, 90)} on Dog {{ name }}"
    texts = [f"{{ {aliases} }}" if aliases else "{ dog { id } }", f"{{ dog {{ {many} }} }}"]
    texts += [f"{{ dog {{ {deep.replace('tag {', 'tag {', 1)} }} }}", f"{{ dog {{ ...F0 }} }} {fragments} {last}"]
    for text in texts:
        await ways.compare(Drawn(text, {}), [CONTEXTS["admin"]])
    ways.check()


async def test_what_is_over_a_limit_is_refused_the_same(schema: Any) -> None:
    ways = Ways(schema, {"limit_depth": 5, "limit_aliases": 3, "limit_root_fields": 4, "limit_cost": 20})
    for text in (
        "{ dog { tag { again { again { again { number } } } } } }",
        "{ a: dog { b: id c: id d: id } }",
        "{ dog { id } __typename path cat(number: 1) { id } guarded { id } }",
        "{ dog { tags { again { number text } } gaps { number text } } }",
    ):
        await ways.compare(Drawn(text, {}), [*CONTEXTS.values()])
    ways.check()
    assert ways.tally.refused


async def test_an_operation_that_takes_too_long_is_cut_off_the_same() -> None:
    ways = Ways(nasty_schema(SlowQuery, SlowMutation), {"limit_operation_s": 0.02})
    for text in ("{ slow }", "mutation { change { count } slow changeNow { count } }"):
        one, other = CONTEXTS["admin"](), CONTEXTS["admin"]()
        await ways.compare_change(Drawn(text, {}), one, other)
        assert one.journal == other.journal
        assert one.journal[-2:] == ["slow begins", "slow ends"]
    ways.check()
    assert ways.tally.refused == ways.tally.answers


async def test_one_plan_answers_many_at_once(ways: Ways) -> None:
    text = "query($n: Int!) { cat(number: $n) { later(inTurns: 3) { tag { number } } friend { litter { id name } } } }"
    await asyncio.gather(*(ways.compare(Drawn(text, {"n": number}), [*CONTEXTS.values()]) for number in range(95, 115)))
    ways.check()


async def test_who_hangs_up_midway_ends_what_is_under_way() -> None:
    ways, context = Ways(nasty_schema(SlowQuery, SlowMutation)), CONTEXTS["admin"]()
    running = asyncio.create_task(ways.planned.run(Operation("{ dog { name } slow }"), context))
    for _ in range(MOST_TURNS):
        await asyncio.sleep(0)
        if context.journal:
            break
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert context.journal == ["slow begins", "slow ends"]
