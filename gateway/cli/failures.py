"""What keeps a command from its work, in a sentence that names what is to be put right."""

from sqlite3 import OperationalError

from db.outages import in_a_line
from db.urls import shown
from gateway.importing.rows import ImportUnusable
from gateway.services.outages import Damaged, Unavailable
from gateway.settings.loading import load_settings
from gateway.settings.model import SettingsError


def in_a_sentence(error: Exception) -> str | None:
    """What is wrong with the settings, the database or a file; None for a bug."""
    from sqlalchemy.exc import DBAPIError

    match error:
        case SettingsError() | ImportUnusable():
            return str(error)
        case DBAPIError() | OperationalError():
            return _of_database(in_a_line(error))
        case Unavailable() | Damaged():
            return _of_database(str(error))
        case OSError(strerror=str(why), filename=name) if name is not None:  # a folder that may not be written, say
            return f"{name}: {why}."
        case OSError(strerror=str(why)):  # a full disk under standard output, say
            return f"{why}."
        case OSError():
            return str(error)
        case _:
            return None


def _of_database(why: str) -> str:
    try:
        database = shown(load_settings().database_url)
    except SettingsError:  # of another process, then
        return f"The database cannot be used: {why}"
    return f"The database cannot be used: {database}: {why}"
