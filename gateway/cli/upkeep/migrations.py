"""`gateway migrate --status` and `--down`: how the schema stands, and the way back."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from db.backups import InUse
from db.engine import audit_engine
from db.migrate import Step, downgrade, steps
from db.standing import Standing, standing
from db.urls import file_of, is_embedded, shown
from gateway.cli.databases import check_is_ours
from gateway.settings.model import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Status:
    """How a database stands to this release.

    Args:
        missing: the migrations that it has not had.
    """

    database: str
    found: Standing
    missing: Sequence[Step]

    def __str__(self) -> str:
        lines = [f"{self.database} is at {self.found.database}; this release is at {self.found.code}."]
        lines += [f"  missing  {each.revision}  {each.what}" for each in self.missing]
        if self.missing:
            lines.append("Run `gateway migrate`.")
        elif not self.found.is_usable:
            lines.append("A newer release migrated it, and this one may not run on it: run the newer one.")
        return "\n".join(lines)

    def as_json(self) -> str:
        return json.dumps(
            {
                "database": self.database,
                "revision": self.found.database,
                "newest": self.found.code,
                "isUsable": self.found.is_usable,
                "missing": [{"revision": each.revision, "change": each.what} for each in self.missing],
            },
            ensure_ascii=False,
            indent=2,
        )


def status(settings: Settings) -> Status:
    """Raises: SettingsError, where there is no database of ours."""
    check_is_ours(settings)
    found = _standing(settings)
    missing = [each for each in steps() if each.revision > (found.database or "")]
    return Status(shown(settings.database_url), found, missing)


def down(settings: Settings, revision: str, confirmed: Callable[[str], bool]) -> str | None:
    """Undo the migrations after a revision; gives a sentence of how the database stands then, None where the operator
    decided otherwise.

    Args:
        confirmed: is shown what will happen, and says whether it shall.

    Raises: SettingsError, where that cannot be. Then nothing has changed.
    """
    check_is_ours(settings)
    url, database, found = settings.database_url, shown(settings.database_url), _standing(settings)
    known = [each.revision for each in steps()]
    if revision not in known:
        raise SettingsError(f"--down: {revision} is no migration; they are {known[0]} to {known[-1]}.")
    if found.database not in known:
        raise SettingsError(
            f"{database} is at {found.database}, of a newer release: run that release's `gateway migrate`."
        )
    undone = [each for each in reversed(steps()) if revision < each.revision <= found.database]
    if not undone:
        return f"{database} is at {found.database} already."
    if not confirmed(_preview(database, undone, url)):
        return None
    try:
        downgrade(url, revision)
    except InUse as error:
        raise SettingsError(f"Nothing was undone: {error}. Stop all gateways first.") from None
    return f"The database was brought from {found.database} down to {_standing(settings).database}: {database}"


def _preview(database: str, undone: Sequence[Step], url: str) -> str:
    backup = "`gateway backup FILE`" if is_embedded(url) and file_of(url).is_file() else "pg_dump"
    lines = [f"{database}: these migrations are undone, and what they added goes, with all that is in it:"]
    lines += [f"  {each.revision}  {each.what}" for each in undone]
    lines.append(f"Make a copy first: {backup}. Then run the release of that revision: this one brings it up again.")
    return "\n".join(lines)


def _standing(settings: Settings) -> Standing:
    engine = audit_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            return standing(connection)
    finally:
        engine.dispose()
