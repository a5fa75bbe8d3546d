"""What keeps a command from its work is said as people say it."""

import errno
import os

from gateway.cli.failures import in_a_sentence


def test_a_full_disk_under_standard_output_has_no_number() -> None:
    assert in_a_sentence(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))) == "No space left on device."
