"""Settings of the defences: what is on by default, what is refused at start, and in which words."""

import pytest

from gateway.settings.loading import load_settings
from gateway.settings.model import Settings, SettingsError

PRODUCTION = {"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET": "correct-horse-battery-staple-0123456789"}
SWITCHES = ("GATEWAY_INTROSPECTION", "GATEWAY_GET_QUERIES", "GATEWAY_GRAPHIQL")


def open_ones(settings: Settings) -> tuple[bool, bool, bool]:
    return settings.is_schema_open, settings.takes_get, settings.is_graphiql_on


def test_what_helps_a_developer_is_off_in_production_unless_it_is_allowed() -> None:
    assert open_ones(load_settings({})) == (True, True, True)
    assert open_ones(load_settings(PRODUCTION)) == (False, False, False)
    assert open_ones(load_settings(PRODUCTION | dict.fromkeys(SWITCHES, "true"))) == (True, True, True)
    assert open_ones(load_settings(dict.fromkeys(SWITCHES, "false"))) == (False, False, False)


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("https://shop.example", ("https://shop.example",)),
        (" https://a.example ,http://localhost:3000/,", ("https://a.example", "http://localhost:3000")),
        ("HTTPS://Shop.Example:443", ("https://shop.example",)),
        ("https://büro.example", ("https://xn--bro-hoa.example",)),
        ("http://[::1]:8080", ("http://[::1]:8080",)),
    ],
)
def test_origins_are_kept_as_browsers_write_them(given: str, origins: tuple[str, ...]) -> None:
    assert load_settings({"GATEWAY_CORS_ORIGINS": given}).cors_origins == origins


@pytest.mark.parametrize(
    "given",
    [
        *("*", "null", "shop.example", "ftp://shop.example", "https://", "https://a.example/path"),
        *("https://a.example?x=1", "https://u:p@a.example", "https://*.example", "https://a.example, *"),
        "https://[a.example",
    ],
)
def test_what_is_no_origin_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="GATEWAY_CORS_ORIGINS: each must be an origin"):
        load_settings({"GATEWAY_CORS_ORIGINS": given})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("LIMIT_TOKENS", "0"), ("LIMIT_DEPTH", "101"), ("LIMIT_BODY_BYTES", "1023"), ("RATE_VIEWER_PER_S", "0")),
        *(("LIMIT_OPERATION_S", "0"), ("TRUSTED_PROXIES", "-1"), ("LIMIT_IN_FLIGHT", "many"), ("LIMIT_COST", "nan")),
    ],
)
def test_a_limit_that_is_none_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"GATEWAY_{name}: "):
        load_settings({f"GATEWAY_{name}": value})


def test_an_operation_of_as_many_fields_as_it_may_have_fits_into_a_burst() -> None:
    for name in ("GATEWAY_RATE_VIEWER_BURST", "GATEWAY_RATE_ADDRESS_BURST"):
        with pytest.raises(SettingsError, match="GATEWAY_LIMIT_ROOT_FIELDS is over a rate's burst"):
            load_settings({name: "19"})
        load_settings({name: "20"})


def test_a_checkout_and_its_retries_are_within_the_default_rate() -> None:
    settings = Settings()
    assert settings.rate_viewer_burst >= 4 * 10
    assert settings.rate_address_burst >= 10 * settings.rate_viewer_burst
