"""Settings out of a `.env` file: how its lines are read, what counts where both say something, and what is said of one
that is unclear."""

from pathlib import Path

import pytest

from gateway.settings.loading import load_settings, secret_names
from gateway.settings.model import SettingsError
from gateway.settings.sources.env_file import ENV_FILE, add_env_file, is_open_to_others, read_lines
from tests.cli.terminal import gateway, on_sqlite
from tests.settings.test_loading import HIDDEN, STRONG


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / ".env"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def added(path: Path, **environ: str) -> dict[str, str]:
    environ = {ENV_FILE: str(path), **environ}
    add_env_file(environ, secret_names())
    return {name: value for name, value in environ.items() if name != ENV_FILE}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=x", "x"),
        ("export A=x", "x"),
        ("  A = x  ", "x"),
        ("A=x # what it is", "x"),
        ("A=x#y", "x#y"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A=postgresql://u:p@h/d?a=b", "postgresql://u:p@h/d?a=b"),
        ("A=https://a.example/x whsec_1, https://b.example", "https://a.example/x whsec_1, https://b.example"),
        ("A='x # $y `z` \\n'", "x # $y `z` \\n"),
        ("A='x' # what it is", "x"),
        ('A="x # y"', "x # y"),
        ('A="a\\"b\\\\c\\nd"', 'a"b\\c\nd'),
        ('A="\\$HOME \\`x\\`"', "$HOME `x`"),
        ("A=5$", "5$"),
        ("A=é", "é"),
    ],
)
def test_a_line_is_read_as_in_other_such_files(tmp_path: Path, line: str, value: str) -> None:
    assert read_lines(written(tmp_path, f"# the settings\n\n{line}\n")) == {"A": value}


def test_a_file_of_windows_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    path.write_bytes(b"\xef\xbb\xbfA=x\r\nB='y'\r\n")
    assert read_lines(path) == {"A": "x", "B": "y"}


NOT_FILLED_IN = "nothing is put in the place of $ or `: write the value itself, and one that has them in '…'"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (HIDDEN, "it is neither NAME=value nor a comment, which begins with #"),
        (f"A-B={HIDDEN}", "it is neither NAME=value nor a comment, which begins with #"),
        (f"A='{HIDDEN}", "its quote does not end on this line, or something follows it"),
        (f'A="{HIDDEN}\\"', "its quote does not end on this line, or something follows it"),
        (f"A='{HIDDEN}'x", "its quote does not end on this line, or something follows it"),
        (
            f"A=$({HIDDEN})",
            "nothing is put in the place of $ or `: write the value itself, and one that has them in '…'",
        ),
        (f"A=${HIDDEN}", NOT_FILLED_IN),
        (
            f'A="${{{HIDDEN}}}"',
            "nothing is put in the place of $ or `: write the value itself, and one that has them in '…'",
        ),
        (
            f"A=`{HIDDEN}`",
            "nothing is put in the place of $ or `: write the value itself, and one that has them in '…'",
        ),
        (f"A={HIDDEN}\0", "it holds a zero byte"),
        (f"B={HIDDEN}", "B is there a second time"),
        (f"GATEWAY_ENV_FILE={HIDDEN}", "GATEWAY_ENV_FILE names this file, and stands in none"),
    ],
)
def test_a_line_that_is_unclear_is_named_and_not_quoted(tmp_path: Path, line: str, why: str) -> None:
    path = written(tmp_path, f"B=1\n{line}\nC=2\n")
    with pytest.raises(SettingsError) as caught:
        read_lines(path)
    assert caught.value.problems == (f"{path}, line 2: {why}.",)


def test_a_file_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path) -> None:
    latin = tmp_path / "latin"
    latin.write_bytes(b"A=caf\xe9")
    for path, said in (
        (tmp_path / "none", f"{ENV_FILE}: there is no file {tmp_path / 'none'}."),
        (tmp_path, f"{tmp_path} cannot be read: Is a directory."),
        (latin, f"{latin} is no UTF-8: save it so."),
        (Path("/dev/zero"), "/dev/zero has more than 1048576 bytes, so it is no file of settings."),
    ):
        with pytest.raises(SettingsError) as caught:
            read_lines(path)
        assert caught.value.problems == (said,)
        assert not isinstance(caught.value.__context__, UnicodeError)  # which has the content


def test_what_the_environment_says_itself_counts(tmp_path: Path) -> None:
    path = written(tmp_path, "GATEWAY_LOG_LEVEL=debug\nGATEWAY_SANDBOX=true\nGATEWAY_STOP_S=7\nOTHER=x\n")
    assert added(path, GATEWAY_LOG_LEVEL="error", GATEWAY_SANDBOX="") == {
        "GATEWAY_LOG_LEVEL": "error",
        "GATEWAY_SANDBOX": "",
        "GATEWAY_STOP_S": "7",
        "OTHER": "x",
    }


def test_a_secret_of_the_environment_counts_in_whichever_of_its_two_ways_it_is_given(tmp_path: Path) -> None:
    for name, other in (
        ("GATEWAY_JWT_SECRET", "GATEWAY_JWT_SECRET_FILE"),
        ("GATEWAY_JWT_SECRET_FILE", "GATEWAY_JWT_SECRET"),
    ):
        assert added(written(tmp_path, f"{other}=of-the-file"), **{name: "ours"}) == {name: "ours"}
        assert added(written(tmp_path, f"{other}=of-the-file"), **{name: ""})[other] == "of-the-file"
    assert "GATEWAY_ENV" in added(written(tmp_path, "GATEWAY_ENV=production"))


def test_without_a_name_it_is_that_of_the_working_folder_if_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ: dict[str, str] = {}
    add_env_file(environ, secret_names())
    assert environ == {}
    written(tmp_path, "GATEWAY_STOP_S=7")
    add_env_file(environ, secret_names())
    assert environ == {"GATEWAY_STOP_S": "7", ENV_FILE: str(tmp_path / ".env")}
    assert load_settings(environ).stop_s == 7


def test_a_folder_of_that_name_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").mkdir()
    environ: dict[str, str] = {}
    add_env_file(environ, secret_names())
    assert environ == {}


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_who_may_read_it_is_seen(tmp_path: Path, mode: int, is_open: bool) -> None:
    assert is_open_to_others(written(tmp_path, "", mode)) is is_open


def test_a_command_reads_it_and_says_that_everybody_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    env = on_sqlite(tmp_path)
    url, env[ENV_FILE] = env.pop("GATEWAY_DATABASE_URL"), ""
    path = written(tmp_path, f"GATEWAY_DATABASE_URL={url}\n", 0o644)
    said = gateway("migrate", env=env)
    assert (said.code, (tmp_path / "gateway.db").is_file()) == (0, True)
    assert f"{path} may be read by everybody on this machine, secrets in it too: chmod 600" in said.err
    path.chmod(0o600)
    assert "may be read" not in gateway("migrate", env=env).err


def test_a_command_reads_the_one_that_it_is_told_of_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "GATEWAY_JWT_SECRET=short")
    other = tmp_path / "other"
    other.write_text(f"GATEWAY_ENV=production\nGATEWAY_JWT_SECRET={STRONG}\n")
    token = ("token", "--role", "admin", "--subject", "x")
    assert gateway("--env-file", str(other), *token, env={}).code == 0
    assert gateway(*token, env={ENV_FILE: str(other)}).code == 0
    said = gateway("--env-file", "none", *token, env={ENV_FILE: str(other)})
    assert (said.code, said.err) == (2, f"{ENV_FILE}: there is no file none.\n")
    assert gateway(*token, env={"GATEWAY_ENV": "production", ENV_FILE: ""}).err.startswith(
        "GATEWAY_JWT_SECRET is under 32 bytes"
    )
