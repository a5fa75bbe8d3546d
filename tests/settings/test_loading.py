"""Settings: what is refused at start, in which words, and what never shows."""

import logging
import traceback

import pytest
from pydantic import ValidationError

from gateway.services.core.model.values import Provider
from gateway.settings.auth import DEVELOPMENT_SECRET
from gateway.settings.loading import describe, load_settings
from gateway.settings.model import Settings, SettingsError
from gateway.settings.parsing import PREFIX

STRONG = "correct-horse-battery-staple-0123456789"
HIDDEN = "hunter2"
PRODUCTION = {"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET": STRONG}
ISSUER = {
    "GATEWAY_ENV": "production",
    "GATEWAY_JWKS_URL": "https://id.example/keys",
    "GATEWAY_JWT_ISSUER": "https://id.example",
    "GATEWAY_JWT_AUDIENCE": "gateway",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_an_empty_environment_is_a_development_gateway() -> None:
    settings = load_settings({})
    assert settings.env == "development"
    assert settings.signing_key == DEVELOPMENT_SECRET.encode()
    assert settings.is_secret_public
    assert settings.algorithms == ("HS256",)
    assert settings.is_sandbox_on


def test_the_process_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_WRITER_QUEUE", "7")
    assert load_settings().writer_queue == 7


def test_settings_made_by_hand_ignore_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_WRITER_QUEUE", "7")
    assert Settings().writer_queue == 4096


def test_an_empty_variable_counts_as_unset() -> None:
    assert load_settings({"GATEWAY_JWT_SECRET": "", "GATEWAY_SANDBOX": ""}) == load_settings({})


def test_values_are_read_from_text() -> None:
    settings = load_settings(
        PRODUCTION
        | {
            "GATEWAY_SANDBOX": "on",
            "GATEWAY_DEFAULT_PROVIDER": "SANDBOX",
            "GATEWAY_GRAPHIQL": "false",
            "GATEWAY_LOG_LEVEL": "WARNING",
            "GATEWAY_JWT_LEEWAY_S": "0",
            "GATEWAY_JWKS_TIMEOUT_S": "0.5",
        }
    )
    assert settings.is_sandbox_on
    assert settings.default_provider is Provider.SANDBOX
    assert not settings.graphiql
    assert settings.log_level == "warning"
    assert (settings.jwt_leeway_s, settings.jwks_timeout_s) == (0, 0.5)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().env = "production"


def test_a_misspelt_name_is_refused_with_the_nearest_one() -> None:
    assert problems({"GATEWAY_JWT_SECERT": HIDDEN}) == (
        "GATEWAY_JWT_SECERT is not a setting: did you mean GATEWAY_JWT_SECRET?",
    )


@pytest.mark.parametrize("name", ["gateway_env", "Gateway_Env"])
def test_a_name_in_lower_case_is_refused_not_ignored(name: str) -> None:
    assert problems({name: "production"}) == (f"{name} is not a setting: did you mean GATEWAY_ENV?",)


@pytest.mark.parametrize("name", ["GATEWAY_PORT", "GATEWAY_", "GATEWAY_QQQQ", "GATEWAY_\udc80"])
def test_a_name_like_no_other_is_refused(name: str) -> None:
    [problem] = problems({name: "8080"})
    assert problem.startswith(f"{name} is not a setting; of those that `gateway settings` lists, GATEWAY_")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("GATEWAY_DEMO", "perhaps", "must be true or false"),
        ("GATEWAY_RATE_VIEWER_BURST", "many", "must be a whole number"),
        ("GATEWAY_RATE_VIEWER_BURST", "1.5", "must be a whole number"),
        ("GATEWAY_RATE_VIEWER_PER_S", "fast", "must be a number"),
    ],
)
def test_what_is_no_value_is_told_plainly(name: str, value: str, said: str) -> None:
    assert problems({name: value}) == (f"{name}: {said}.",)


def test_names_without_the_prefix_are_nobody_s_business() -> None:
    load_settings({"GATEWAYS": "x", "PATH": "/bin", "MY_GATEWAY_ENV": "x"})


def test_what_kubernetes_sets_for_a_service_called_gateway_is_no_misspelling() -> None:
    load_settings(
        {
            "GATEWAY_SERVICE_HOST": "10.0.0.1",
            "GATEWAY_SERVICE_PORT": "80",
            "GATEWAY_SERVICE_PORT_HTTP": "80",
            "GATEWAY_PORT": "tcp://10.0.0.1:80",
            "GATEWAY_PORT_80_TCP": "tcp://10.0.0.1:80",
            "GATEWAY_PORT_80_TCP_PROTO": "tcp",
            "GATEWAY_PORT_80_TCP_PORT": "80",
            "GATEWAY_PORT_80_TCP_ADDR": "10.0.0.1",
            "GATEWAY_ADMIN_SERVICE_HOST": "10.0.0.2",
        }
    )


def test_every_problem_is_named_at_once() -> None:
    found = problems({"GATEWAY_ENV": "prod", "GATEWAY_WRITER_QUEUE": "many", "GATEWAY_TYPO": "x"})
    assert [sentence.split(":")[0].split(" ")[0] for sentence in found] == [
        "GATEWAY_TYPO",
        "GATEWAY_ENV",
        "GATEWAY_WRITER_QUEUE",
    ]
    assert len(problems({"GATEWAY_ENV": "production", "GATEWAY_DATABASE_URL": "x"})) == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ENV", "staging"),
        ("DATABASE_URL", "mysql://root:hunter2@db/x"),
        ("DATABASE_URL", "postgre://root:hunter2@db/x"),
        ("DATABASE_URL", "postgresql://root:hunter2@[::1/x"),
        ("DATABASE_URL", "postgresql://root:1@hunter2@db/x"),
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", "hunter2\udc80"),
        ("JWKS_URL", "hunter2"),
        ("JWKS_URL", "ftp://hunter2/"),
        ("JWKS_URL", "http://admin:hunter2@127.0.0.1/"),
        ("JWT_ALGORITHMS", "none"),
        ("JWT_ALGORITHMS", "HS256,hunter2"),
        ("JWT_ALGORITHMS", "RS256"),
        ("JWT_LEEWAY_S", "-1"),
        ("JWT_LEEWAY_S", "301"),
        ("JWT_LEEWAY_S", "hunter2"),
        ("JWT_SECRET", "-----BEGIN PUBLIC KEY-----\nhunter2"),
        ("JWT_SECRET", "ssh-rsa hunter2"),
        ("JWKS_CACHE_S", "0"),
        ("JWKS_TIMEOUT_S", "nan"),
        ("SANDBOX", "hunter2"),
        ("DEFAULT_PROVIDER", "paypal"),
        ("WRITER_QUEUE", "0"),
        ("WRITER_BATCH", "9" * 5000),
        ("LOG_LEVEL", "hunter2"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name_and_not_repeated(variable: str, value: str) -> None:
    name = PREFIX + variable
    with pytest.raises(SettingsError) as caught:
        load_settings({name: value})
    assert [sentence[: len(name)] for sentence in caught.value.problems] == [name]
    assert HIDDEN not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"GATEWAY_JWT_SECRET": ""}, "required"),
        ({"GATEWAY_JWT_SECRET": DEVELOPMENT_SECRET}, "everybody knows"),
        ({"GATEWAY_JWT_SECRET": "a" * 31}, "32 bytes"),
        ({"GATEWAY_JWT_SECRET": "é" * 15}, "32 bytes"),
        ({"GATEWAY_JWKS_URL": "https://id.example/keys"}, "both set"),
        ({"GATEWAY_DEFAULT_PROVIDER": "SANDBOX"}, "sandbox is off"),
    ],
)
def test_production_refuses_to_start_on(change: dict[str, str], word: str) -> None:
    (sentence,) = problems(PRODUCTION | change)
    assert word in sentence


def test_production_starts_on_a_secret_of_32_bytes_without_the_sandbox() -> None:
    settings = load_settings(PRODUCTION | {"GATEWAY_JWT_SECRET": "é" * 16})
    assert settings.signing_key == ("é" * 16).encode()
    assert not settings.is_secret_public
    assert not settings.is_sandbox_on


def test_a_secret_that_is_no_utf_8_counts_in_its_own_bytes() -> None:
    assert load_settings(PRODUCTION | {"GATEWAY_JWT_SECRET": "\udcff" * 32}).signing_key == b"\xff" * 32


@pytest.mark.parametrize("missing", ["GATEWAY_JWT_ISSUER", "GATEWAY_JWT_AUDIENCE"])
def test_production_with_an_issuer_needs_its_name_and_ours(missing: str) -> None:
    (sentence,) = problems(ISSUER | {missing: ""})
    assert sentence.startswith(f"{missing} is required")


def test_an_issuer_brings_its_own_algorithms_and_no_secret() -> None:
    settings = load_settings(ISSUER)
    assert settings.algorithms == ("RS256", "ES256")
    assert settings.signing_key is None
    assert not settings.is_secret_public


def test_an_issuer_never_goes_with_a_shared_secret_algorithm() -> None:
    (sentence,) = problems(ISSUER | {"GATEWAY_JWT_ALGORITHMS": "RS256, HS256"})
    assert sentence.startswith("GATEWAY_JWT_ALGORITHMS")


def test_algorithms_are_separated_by_commas() -> None:
    assert load_settings(ISSUER | {"GATEWAY_JWT_ALGORITHMS": "PS256, ES384,"}).algorithms == ("PS256", "ES384")


@pytest.mark.parametrize("url", ["http://id.example/keys", "http://127.0.0.1.id.example/keys", "http://localhost.x/"])
def test_production_fetches_keys_over_https_only(url: str) -> None:
    (sentence,) = problems(ISSUER | {"GATEWAY_JWKS_URL": url})
    assert "https" in sentence


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:8080"])
def test_production_may_fetch_keys_from_its_own_machine_over_http(host: str) -> None:
    assert load_settings(ISSUER | {"GATEWAY_JWKS_URL": f"http://{host}/keys"}).jwks_url is not None


def test_no_rendering_of_settings_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    settings = load_settings(
        {
            "GATEWAY_JWT_SECRET": f"{HIDDEN}-{STRONG}",
            "GATEWAY_DATABASE_URL": f"postgresql+psycopg://app:{HIDDEN}@db/gateway?password={HIDDEN}",
        }
    )
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("%s %r", settings, settings)
    shown = [caplog.text, repr(settings.model_dump()), settings.model_dump_json(), f"{settings}", f"{settings!r}"]
    assert [text for text in shown if HIDDEN in text or STRONG in text] == []
    assert all("postgresql+psycopg://app:***@db/gateway" in text for text in shown)
    assert HIDDEN in settings.database_url


def test_settings_made_by_hand_do_not_repeat_a_secret_in_their_refusal() -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"env": "production", "jwt_secret": HIDDEN})
    assert "32 bytes" in str(caught.value)
    assert HIDDEN not in str(caught.value)


def test_every_setting_is_described() -> None:
    rows = describe()
    assert ("GATEWAY_JWT_LEEWAY_S", "30") in [row[:2] for row in rows]
    assert ("GATEWAY_WORKER", "true") in [row[:2] for row in rows]
    assert [name for name, _, meaning in rows if not meaning.endswith(".")] == []
    assert len(rows) == len(Settings.model_fields)
