"""The settings of who is told of events: what is refused at start, and that no secret and no query shows."""

import base64
import traceback

import pytest
from pydantic import SecretStr, ValidationError

from gateway.settings.loading import load_settings
from gateway.settings.model import Settings, SettingsError
from tests.settings.test_loading import HIDDEN, PRODUCTION, problems

SUBSCRIBERS = "GATEWAY_EVENT_SUBSCRIBERS"
SOURCE = "GATEWAY_EVENT_SOURCE"
COURSE_SERVICE = "GATEWAY_COURSE_SERVICE_URL"
TOKEN = "GATEWAY_COURSE_SERVICE_TOKEN"


def secret(size: int = 32, first: int = 0) -> str:
    return "whsec_" + base64.b64encode(bytes((first + n) % 256 for n in range(size))).decode()


def test_nobody_is_told_unless_it_is_said() -> None:
    settings = load_settings({})
    assert settings.subscribers == ()
    assert settings.event_source == "gateway"
    assert (settings.course_service_url, settings.course_service_token) == (None, None)


def test_several_are_told_each_with_its_secrets() -> None:
    one, old, new = secret(), secret(64), secret(24, 100)
    said = f"https://a.example/hook?token=x%2Cy {one},\n  https://b.example:8443 \t{old}  {new} ,"
    assert load_settings(PRODUCTION | {SUBSCRIBERS: said}).subscribers == (
        ("https://a.example/hook?token=x%2Cy", (one,)),
        ("https://b.example:8443/", (old, new)),
    )


def test_a_secret_may_leave_out_its_padding() -> None:
    bare = secret(32).rstrip("=")
    assert bare != secret(32)
    assert load_settings({SUBSCRIBERS: f"https://a.example {bare}"}).subscribers[0][1] == (bare,)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("hunter2", "must begin with an http or https URL, in which a comma is written %2C."),
        (f"ftp://hunter2/ {secret()}", "must begin with an http or https URL, in which a comma is written %2C."),
        (f"{secret()} https://a.example/", "must begin with an http or https URL, in which a comma is written %2C."),
        (f"https://me:hunter2@a.example/ {secret()}", "must hold no user name or password."),
        (f"https://hunter2@a.example/ {secret()}", "must hold no user name or password."),
        (f"https://a.example/#hunter2 {secret()}", "must have no #fragment, which is never sent."),
        (f"https://hunter2..a/ {secret()}", "must name a host that there can be, in a URL that is not too long."),
        (f"https://\u2603.hunter2/ {secret()}", "must name a host that there can be, in a URL that is not too long."),
        (
            f"https://a/{'hunter2' * 10_000} {secret()}",
            "must name a host that there can be, in a URL that is not too long.",
        ),
        ("https://a.example/?hunter2", "has no secret: write https://host/path whsec_…."),
    ],
)
def test_an_entry_that_names_nobody_is_refused_by_its_number_and_not_repeated(entry: str, said: str) -> None:
    assert refusal({SUBSCRIBERS: f"https://z.example/ {secret()}, {entry}"}) == f"{SUBSCRIBERS}: entry 2 {said}"


@pytest.mark.parametrize(
    "wrong",
    [
        "hunter2",
        "whsec_",
        "whsec_hunter2",
        secret(23),
        secret(65),
        secret().removeprefix("whsec_"),
        secret() + "=",
        secret().replace("A", "-"),
        secret().replace("A", "é"),
        "WHSEC_" + secret().removeprefix("whsec_"),
    ],
)
def test_a_secret_of_another_kind_is_refused_and_not_repeated(wrong: str) -> None:
    said = f"{SUBSCRIBERS}: entry 1 has a secret that is not whsec_ and the base64 of 24 to 64 bytes."
    assert refusal({SUBSCRIBERS: f"https://a.example/ {secret(first=9)} {wrong}"}) == said


def test_an_address_is_given_once() -> None:
    said = f"https://a.example {secret()},https://A.example/ {secret(first=9)}"
    sentence = f"{SUBSCRIBERS}: entry 2 repeats a URL; give its secrets side by side."
    assert refusal({SUBSCRIBERS: said}) == sentence
    load_settings({SUBSCRIBERS: said.replace("A.example/", "A.example/?b")})


def test_every_entry_that_is_wrong_is_named() -> None:
    found = problems({SUBSCRIBERS: f"hunter2, https://a.example/ {secret()}, https://b.example/"})
    assert [sentence.split(" ")[2] for sentence in found] == ["1", "3"]


def test_in_production_events_do_not_travel_in_the_open() -> None:
    said = {
        SUBSCRIBERS: f"http://a.example/ {secret()}",
        COURSE_SERVICE: "http://course-service:3005",
        TOKEN: "abc",
    }
    assert problems(PRODUCTION | said) == (
        f"{SUBSCRIBERS}: entry 1 must be https: events tell who bought what.",
        f"{COURSE_SERVICE} must be https: the token goes with every request.",
    )
    load_settings(said)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8420", "[::1]:8420"])
def test_in_production_loopback_may_be_told_over_http(host: str) -> None:
    said = {SUBSCRIBERS: f"http://{host}/ {secret()}", COURSE_SERVICE: f"http://{host}"}
    assert load_settings(PRODUCTION | said).subscribers == ((f"http://{host}/", (secret(),)),)


@pytest.mark.parametrize(
    "source", ["gateway", "https://pay.example/gateway", "urn:x:y", "/a/b?c=d#e", "//[::1]/", "%7E"]
)
def test_a_source_is_a_uri_reference(source: str) -> None:
    assert load_settings({SOURCE: source}).event_source == source


@pytest.mark.parametrize("source", ["our gateway", "é", "a\\b", "https://[::1/", "100%", "<x>", "a\n"])
def test_a_source_that_is_no_uri_reference_is_refused(source: str) -> None:
    (sentence,) = problems({SOURCE: source})
    assert sentence.startswith(f"{SOURCE} must be a URI-reference")


def test_an_empty_source_is_refused_by_hand() -> None:
    with pytest.raises(ValidationError, match="URI-reference"):
        Settings(event_source="")


def test_the_course_service_may_ask_for_a_token() -> None:
    settings = load_settings({COURSE_SERVICE: "http://localhost:3005", TOKEN: "abc.DEF-1_~+/="})
    assert str(settings.course_service_url) == "http://localhost:3005/"
    assert settings.course_service_token == SecretStr("abc.DEF-1_~+/=")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({TOKEN: HIDDEN}, f"{TOKEN} is set, but {COURSE_SERVICE} is not."),
        (
            {COURSE_SERVICE: "https://c.example", TOKEN: f"{HIDDEN}\n"},
            f"{TOKEN} must be a bearer token, of the characters that RFC 6750 §2.1 has.",
        ),
        ({COURSE_SERVICE: f"https://me:{HIDDEN}@c.example"}, f"{COURSE_SERVICE} must hold no user name or password."),
        ({COURSE_SERVICE: f"https://c.example/?{HIDDEN}"}, f"{COURSE_SERVICE} must have no query."),
        (
            {COURSE_SERVICE: f"https://c.example/#{HIDDEN}"},
            f"{COURSE_SERVICE} must have no #fragment, which is never sent.",
        ),
    ],
)
def test_a_course_service_that_cannot_be_told_is_refused(said: dict[str, str], sentence: str) -> None:
    assert refusal(said) == sentence


@pytest.mark.parametrize("url", [HIDDEN, f"ftp://{HIDDEN}/", "/api"])
def test_a_course_service_that_is_nowhere_is_refused_by_name(url: str) -> None:
    assert refusal({COURSE_SERVICE: url}).startswith(f"{COURSE_SERVICE}: ")


def test_no_rendering_of_settings_shows_a_secret_or_a_query() -> None:
    said = f"https://a.example/hook?{HIDDEN} {secret()} {secret(first=9)}"
    settings = load_settings({SUBSCRIBERS: said, COURSE_SERVICE: "https://c.example", TOKEN: HIDDEN})
    for shown in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()):
        assert HIDDEN not in shown
        assert "whsec" not in shown


def refusal(environ: dict[str, str]) -> str:
    """The one sentence that the settings are refused with; neither it nor what leads to it holds a secret."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    shown = "".join(traceback.format_exception(caught.value))
    assert HIDDEN not in shown
    assert not [word for word in environ.get(SUBSCRIBERS, "").split() if len(word) > 30 and word[6:30] in shown]
    assert caught.value.__context__ is None
    (sentence,) = caught.value.problems
    return sentence


def test_a_course_service_without_a_token_may_be_next_door_without_https() -> None:
    said = PRODUCTION | {COURSE_SERVICE: "http://course-service:3005"}
    assert str(load_settings(said).course_service_url) == "http://course-service:3005/"
