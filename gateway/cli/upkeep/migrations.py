"""`gateway migrate --status` and `--down`: how the schema stands, and the way back."""

from collections.abc import Callable, Mapping, Sequence
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

    def as_object(self) -> Mapping[str, object]:
        return {
            "database": self.database,
            "revision": self.found.database,
            "newest": self.found.code,
            "isUsable": self.found.is_usable,
            "missing": [_object_of(each) for each in self.missing],
        }


@dataclass(frozen=True, slots=True)
class Undone:
    """What was undone of a database, the latest first; nothing where it stood there already."""

    database: str
    before: str
    revision: str
    steps: Sequence[Step]

    def __str__(self) -> str:
        if not self.steps:
            return f"{self.database} is at {self.before} already."
        return f"The database was brought from {self.before} down to {self.revision}: {self.database}"

    def as_object(self) -> Mapping[str, object]:
        undone = [_object_of(each) for each in self.steps]
        return {"database": self.database, "before": self.before, "revision": self.revision, "undone": undone}


def _object_of(step: Step) -> Mapping[str, str]:
    return {"revision": step.revision, "change": step.what}


def status(settings: Settings) -> Status:
    """Raises: SettingsError, where there is no database of ours."""
    check_is_ours(settings)
    found = _standing(settings)
    missing = [each for each in steps() if each.revision > (found.database or "")]
    return Status(shown(settings.database_url), found, missing)


def down(settings: Settings, revision: str, confirmed: Callable[[str], bool]) -> Undone | None:
    """Undo the migrations after a revision; gives what was undone, None where the operator decided otherwise.

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
        return Undone(database, found.database, found.database, ())
    if not confirmed(_preview(database, undone, url)):
        return None
    try:
        downgrade(url, revision)
    except InUse as error:
        raise SettingsError(f"Nothing was undone: {error}. Stop all gateways first.") from None
    return Undone(database, found.database, revision, undone)


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
