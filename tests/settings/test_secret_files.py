"""Secrets out of files: which settings may be given so, what is trimmed, and what is said of a file that gives none."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.settings.loading import describe, load_settings, secret_names
from gateway.settings.model import SettingsError
from gateway.settings.sources.secret_files import MOST_BYTES
from tests.settings.test_loading import HIDDEN, PRODUCTION, STRONG


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert caught.value.__context__ is None
    return caught.value.problems


def held(folder: Path, content: bytes) -> str:
    path = folder / "secret"
    path.write_bytes(content)
    return str(path)


def test_every_setting_that_holds_a_secret_may_be_a_file_and_no_other() -> None:
    assert secret_names() >= {
        "GATEWAY_DATABASE_URL",
        "GATEWAY_JWT_SECRET",
        "GATEWAY_STRIPE_SECRET_KEY",
        "GATEWAY_STRIPE_WEBHOOK_SECRETS",
        "GATEWAY_RAZORPAY_KEY_SECRET",
        "GATEWAY_RAZORPAY_WEBHOOK_SECRETS",
        "GATEWAY_EVENT_SUBSCRIBERS",
        "GATEWAY_COURSE_SERVICE_TOKEN",
    }
    assert secret_names().isdisjoint({"GATEWAY_ENV", "GATEWAY_JWKS_URL", "GATEWAY_RAZORPAY_KEY_ID"})


def test_the_table_of_settings_names_the_file_of_each_secret() -> None:
    told = {name for name, _, meaning in describe() if f"`{name}_FILE`" in meaning}
    assert told == secret_names()


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_line_break_at_the_end_is_no_part_of_a_secret(tmp_path: Path, end: bytes) -> None:
    path = held(tmp_path, STRONG.encode() + end)
    settings = load_settings({"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET_FILE": path})
    assert settings.signing_key == STRONG.encode()


def test_nothing_else_is_trimmed_and_bytes_that_are_no_utf_8_count(tmp_path: Path) -> None:
    path = held(tmp_path, b" \xff" + STRONG.encode() + b" \n\n")
    assert load_settings({"GATEWAY_JWT_SECRET_FILE": path}).signing_key == b" \xff" + STRONG.encode() + b" \n"


def test_a_list_may_have_a_line_for_each_entry(tmp_path: Path) -> None:
    key = "whsec_" + "A" * 32
    path = held(tmp_path, f"https://a.example/x {key}\nhttps://b.example/x {key}, https://c.example/x {key}\n".encode())
    settings = load_settings({"GATEWAY_EVENT_SUBSCRIBERS_FILE": path})
    assert [url for url, _ in settings.subscribers] == [f"https://{host}.example/x" for host in "abc"]
    path = held(tmp_path, b"one\r\ntwo\r\n")
    settings = load_settings({"GATEWAY_STRIPE_SECRET_KEY": "sk_test_1", "GATEWAY_STRIPE_WEBHOOK_SECRETS_FILE": path})
    assert settings.stripe_webhook_secrets == (SecretStr("one"), SecretStr("two"))


def test_a_database_url_out_of_a_file_is_as_any_other(tmp_path: Path) -> None:
    path = held(tmp_path, f"postgresql://app:{HIDDEN}@db/gateway\n".encode())
    settings = load_settings({"GATEWAY_DATABASE_URL_FILE": path})
    assert settings.database_url == f"postgresql://app:{HIDDEN}@db/gateway"
    assert HIDDEN not in repr(settings)


def test_a_secret_and_a_file_of_it_are_one_too_many(tmp_path: Path) -> None:
    path = held(tmp_path, STRONG.encode())
    assert problems(PRODUCTION | {"GATEWAY_JWT_SECRET_FILE": path}) == (
        "GATEWAY_JWT_SECRET and GATEWAY_JWT_SECRET_FILE are both set: choose one.",
    )
    both = {"GATEWAY_JWT_SECRET": "", "GATEWAY_JWT_SECRET_FILE": path}
    assert load_settings(both).signing_key == STRONG.encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\r\n", "is empty"),
        (b"\xef\xbb\xbf" + HIDDEN.encode(), "begins with a byte order mark: save it as UTF-8 without one"),
        (HIDDEN.encode("utf-16"), "begins with a byte order mark: save it as UTF-8 without one"),
        (HIDDEN.encode() * MOST_BYTES, f"has more than {MOST_BYTES} bytes, so it is no secret"),
    ],
)
def test_a_file_that_gives_no_secret_is_named_and_not_quoted(tmp_path: Path, content: bytes, why: str) -> None:
    path = held(tmp_path, content)
    assert problems({"GATEWAY_ENV": "production", "GATEWAY_JWT_SECRET_FILE": path}) == (
        f"GATEWAY_JWT_SECRET_FILE: {path} {why}.",
    )


def test_what_is_no_file_at_all_is_said(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    given = {
        "GATEWAY_JWT_SECRET_FILE": str(tmp_path / "none"),
        "GATEWAY_STRIPE_SECRET_KEY_FILE": str(tmp_path),
        "GATEWAY_COURSE_SERVICE_TOKEN_FILE": str(pipe),
        "GATEWAY_DATABASE_URL_FILE": "/proc/self/mem/x",
    }
    assert sorted(problems(given)) == [
        f"GATEWAY_COURSE_SERVICE_TOKEN_FILE: {pipe} is no usual file.",
        "GATEWAY_DATABASE_URL_FILE: /proc/self/mem/x cannot be read: Not a directory.",
        f"GATEWAY_JWT_SECRET_FILE: there is no file {tmp_path / 'none'}.",
        f"GATEWAY_STRIPE_SECRET_KEY_FILE: {tmp_path} is a folder.",
    ]


def test_what_is_wrong_besides_is_said_with_it(tmp_path: Path) -> None:
    found = problems({"GATEWAY_JWT_SECRET_FILE": str(tmp_path), "GATEWAY_WRITER_QUEUE": "many", "GATEWAY_TYPO": "x"})
    assert [each.split(" ")[0].rstrip(":") for each in found] == [
        "GATEWAY_TYPO",
        "GATEWAY_JWT_SECRET_FILE",
        "GATEWAY_WRITER_QUEUE",
    ]


def test_a_file_for_what_is_no_secret_is_refused_and_a_misspelt_one_has_its_nearest() -> None:
    assert problems({"GATEWAY_LOG_LEVEL_FILE": "x", "GATEWAY_JWT_SECERT_FILE": "x"}) == (
        "GATEWAY_LOG_LEVEL_FILE is not a setting: only secrets are read from files. Set GATEWAY_LOG_LEVEL.",
        "GATEWAY_JWT_SECERT_FILE is not a setting: did you mean GATEWAY_JWT_SECRET_FILE?",
    )
