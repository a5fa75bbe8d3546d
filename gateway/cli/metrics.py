"""Metrics of a process, and of those that it starts: where they are left, and at which port they are told."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

from gateway.monitoring.snapshots import SharedFolder
from gateway.services.measures import recording
from gateway.services.measures.catalogue import Measures
from gateway.services.writer_process.sockets import private_folder
from gateway.settings.model import Settings

FOLDER = "GATEWAY_METRICS_FOLDER"


@contextmanager
def metrics_told(settings: Settings, *, of_several: bool = False) -> Iterator[None]:
    """Meanwhile they are told at `GATEWAY_METRICS_PORT`, where it is set.

    Args:
        of_several: whether this process keeps others: then they leave theirs in a folder that this one makes, and it
            counts their deaths.

    Raises: SettingsError, where the port cannot be had.
    """
    folder: Path | None = None
    if settings.has_metrics and of_several:
        folder = private_folder()
        os.environ[FOLDER] = str(folder)  # by which the processes, which read it anew, know of it
        settings = settings.model_copy(update={"metrics_folder": folder})
        recording.start()
    try:
        with _told(settings):
            yield
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def deaths_noted(settings: Settings, process: str) -> Callable[[], None]:
    """To be called by the keeper of a process when that died. Its numbers are not of whom it forks."""
    if settings.metrics_folder is None:
        return lambda: None
    folder, measures = SharedFolder(settings.metrics_folder), Measures()

    def note() -> None:
        measures.deaths.add(process)
        with suppress(OSError):  # the folder went with whoever made it
            folder.leave(measures)

    return note


def gather_gone() -> None:
    """Put together what processes left that are long gone."""
    if folder := os.environ.get(FOLDER):
        with suppress(OSError):
            SharedFolder(Path(folder)).gather_gone()


def _told(settings: Settings) -> AbstractContextManager[None]:
    if settings.metrics_port is None:
        return nullcontext()
    from gateway.monitoring.door import opened  # with its library, which is an extra

    return opened(settings)
