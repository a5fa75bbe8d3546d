"""schemathesis in its GraphQL mode: generated documents, as a student and as an admin, each answer checked.

INTEROP_EXAMPLES is how many for each field of Query and Mutation: 500 unless told."""

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

from tests.interop.python.trials import ADMIN_TOKEN, STUDENT_TOKEN, URL, Trials

EXAMPLES = os.environ.get("INTEROP_EXAMPLES", "500")
CHECKS = ("no_server_error", "answer_is_of_the_schema", "response_schema_conformance", "negative_data_rejection")
# positive_data_acceptance and not_a_server_error take what is forbidden or not found for a fault; ours do not.


async def explored(token: str, what: str) -> int:
    """The examples that schemathesis sent with a token, all of them answered as they should be."""
    command = (
        *("schemathesis", "run", URL, "--header", f"Authorization: Bearer {token}", "--max-examples", EXAMPLES),
        *("--checks", ",".join(CHECKS), "--seed", "20260401", "--continue-on-failure", "--request-timeout", "30"),
        *("--warnings", "off", "--suppress-health-check", "all", "--workers", "2"),
    )
    hooks = {"SCHEMATHESIS_HOOKS": "tests.interop.python.schemathesis_hooks", "PYTHONPATH": str(Path.cwd())}
    with tempfile.TemporaryDirectory(prefix="schemathesis-") as folder:  # it leaves files where it runs
        process = await asyncio.create_subprocess_exec(
            *command,
            env=os.environ | hooks | {"NO_COLOR": "1"},
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said = (await process.communicate())[0].decode()
    if process.returncode != 0:
        print(said[-20_000:])
        raise AssertionError(f"schemathesis found something, as {what}")
    found = re.search(r"([\d,]+) generated", said)
    assert found is not None, said[-2_000:]
    return int(found[1].replace(",", ""))


async def main() -> bool:
    trials = Trials("schemathesis")
    for token, what in ((STUDENT_TOKEN, "student"), (ADMIN_TOKEN, "admin")):
        try:
            count = await explored(token, what)
        except AssertionError as error:
            print(error)
            trials.tell(f"{EXAMPLES} examples a field, as {what}", is_well=False)
        else:
            trials.tell(f"{EXAMPLES} examples a field, as {what}: {count} in all, none faulty", is_well=True)
    return trials.has_failed


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
