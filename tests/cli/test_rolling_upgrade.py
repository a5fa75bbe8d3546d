"""The next release migrates while this one serves: what it adds disturbs nobody, what it takes away is said."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from db.standing import HEAD
from tests.cli import terminal
from tests.served.gateway import Served, served
from tests.served.server import environment

ROOT = Path(__file__).resolve().parents[2]
NEXT, AFTER, LAST = (f"{int(HEAD) + step:04}" for step in (1, 2, 3))

ADDS = f'''"""The next release adds a column and a table."""
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "{NEXT}", "{HEAD}", None, None
change = "expand"


def upgrade() -> None:
    op.add_column("payment", sa.Column("campaign", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("weight", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table("campaign", sa.Column("id", sa.Integer(), primary_key=True))
'''


def takes_away(table: str, revision: str, oldest_code: str) -> str:
    return f'''"""A later release takes a table away."""
from alembic import op

revision, down_revision, branch_labels, depends_on = "{revision}", "{int(revision) - 1:04}", None, None
change, oldest_code = "contract", "{oldest_code}"


def upgrade() -> None:
    op.drop_table("{table}")
'''


class Release:
    """A copy of this tree in a folder of its own, which may have more migrations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for package in ("gateway", "db"):
            shutil.copytree(
                ROOT / package, folder / package, ignore=shutil.ignore_patterns("static_files", "__pycache__")
            )

    def adds(self, revision: str, source: str) -> None:
        (self._folder / "db/migrations/versions" / f"{revision}_of_the_next_release.py").write_text(source)

    def migrates(self, database_url: str) -> None:
        env = environment(database_url) | {"PYTHONPATH": str(self._folder)}
        command = [sys.executable, "-m", "gateway", "migrate"]
        subprocess.run(command, env=env, cwd=self._folder, check=True, timeout=120, stdout=subprocess.DEVNULL)


def ready(gateway: Served) -> tuple[int, dict[str, Any]]:
    answer = gateway.http.get(gateway.server.url.replace("/graphql", "/readyz"))
    return answer.status_code, answer.json()["schema"]


def sells(gateway: Served) -> None:
    student, course = gateway.student(), gateway.course()
    payment = gateway.opened(student, course)
    assert gateway.confirm(student, payment)["__typename"] == "ConfirmPaymentSuccess"


def test_this_release_serves_on_while_later_ones_have_migrated_until_one_takes_away_what_it_needs(
    database_url: str, tmp_path: Path
) -> None:
    release = Release(tmp_path)
    with served(database_url, worker="true") as gateway:
        release.adds(NEXT, ADDS)
        release.adds(AFTER, takes_away("campaign", AFTER, oldest_code=HEAD))
        release.migrates(database_url)
        assert ready(gateway) == (200, {"database": AFTER, "gateway": HEAD, "oldestGateway": HEAD})
        sells(gateway)
    with served(database_url) as restarted:
        assert ready(restarted)[0] == 200
        sells(restarted)
        said = terminal.gateway("migrate", env=environment(database_url))
        assert (said.code, f"at {AFTER}, ahead of this gateway at {HEAD}" in said.out) == (0, True)
        assert terminal.gateway("verify", env=environment(database_url)).code == 0
        release.adds(LAST, takes_away("change", LAST, oldest_code=NEXT))
        release.migrates(database_url)
        assert ready(restarted) == (503, {"database": LAST, "gateway": HEAD, "oldestGateway": NEXT})
    for command in (("serve", "--port", "0"), ("worker",), ("verify",), ("migrate",)):
        refused = terminal.gateway(*command, env=environment(database_url))
        assert (refused.code, refused.out) == (2, "")
        assert f"was migrated to {LAST} by a newer gateway, and needs one at {NEXT} at least" in refused.err
