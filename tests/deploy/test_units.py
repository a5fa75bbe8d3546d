"""The systemd units as systemd itself reads them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.files import DEPLOY
from tests.deploy.test_files import INSTALLED, UNITS

pytestmark = pytest.mark.deploy

MOST_EXPOSED = 2.0
"""Of ten: what is left is the network, which it is there for."""


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The units with a gateway that is here, since systemd looks whether a program is."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here: apt-get install systemd")
    found = []
    for path in (*UNITS, *DEPLOY.glob("systemd/*.timer")):
        text = path.read_text(encoding="utf-8").replace(INSTALLED, str(Path(sys.executable).with_name("gateway")))
        (tmp_path / path.name).write_text(text)
        found.append(str(tmp_path / path.name))
    return found


def analyzed(*words: str) -> str:
    done = subprocess.run(["systemd-analyze", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_systemd_finds_nothing_wrong_with_them(units: list[str]) -> None:
    assert analyzed("verify", *units) == ""


def test_a_mistake_in_a_unit_would_be_found(units: list[str]) -> None:
    path = Path(units[0])
    path.write_text(path.read_text().replace("ProtectHome=yes", "ProtectHome=perhaps"))
    assert "protect home" in analyzed("verify", *units)


def test_they_may_do_little_else_than_they_have_to(units: list[str]) -> None:
    services = [each for each in units if each.endswith(".service")]
    analyzed("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}", *services)
