"""Small file systems of a test's own, which get full, hang and fail in earnest. Only root may mount them."""

import os
import resource
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

MIB = 1 << 20


@contextmanager
def disk(mebibytes: int) -> Iterator[Path]:
    """A folder that is a disk of that size, in memory. The test is skipped where nobody may mount one."""
    if not may_mount():
        pytest.skip("only root may mount a disk")
    folder = Path(tempfile.mkdtemp(prefix="gateway-disk-"))
    _run("mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0755", "tmpfs", str(folder))
    try:
        yield folder
    finally:
        _unmount(folder)


@contextmanager
def disk_that_hangs(mebibytes: int) -> Iterator[Path]:
    """The same of a file system with a journal, in a file, which can be made to hang: see `hanging`."""
    if not may_mount() or shutil.which("mkfs.ext4", path=_PATH) is None:
        pytest.skip("only root may mount a disk")
    folder = Path(tempfile.mkdtemp(prefix="gateway-disk-"))
    image = folder.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(mebibytes * MIB)
    try:
        _run("mkfs.ext4", "-q", "-F", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
        try:
            yield folder
        finally:
            _unmount(folder)
    finally:
        image.unlink()


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Nothing more can be written on the disk of the folder."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MIB, 4096, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def hanging(folder: Path) -> Iterator[None]:
    """Whoever writes on the disk waits until this is over: at the latest when the test's own process is."""
    thaw = f"read line; exec fsfreeze --unfreeze {shlex.quote(str(folder))}"
    with subprocess.Popen(["sh", "-c", thaw], stdin=subprocess.PIPE, env=_ENVIRONMENT):
        _run("fsfreeze", "--freeze", str(folder))
        yield


@contextmanager
def no_file_longer(pids: list[int], most_bytes: int) -> Iterator[None]:
    """The processes can write no file beyond so many bytes, as by an operator's `ulimit -f`."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
_ENVIRONMENT = {**os.environ, "PATH": _PATH}


@cache
def may_mount() -> bool:
    """In a container root often may not."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
        if tried.returncode == 0:
            _run("umount", folder)
    return tried.returncode == 0


def _unmount(folder: Path) -> None:
    _run("umount", "--lazy", str(folder))
    folder.rmdir()


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env=_ENVIRONMENT)
