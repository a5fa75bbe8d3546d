"""`python -m tests.interop`: installs the tools, serves a gateway, and lets each of them speak."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from db.migrate import upgrade
from tests.server import serving

HERE = Path(__file__).parent

MODES = {
    "as a developer has it": {},
    # The audits ask for types by name and send queries by GET, both of which production keeps shut unless told.
    "in production, open to be asked": {"env": "production", "introspection": "true", "get_queries": "true"},
}


def main() -> int:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("Node.js with npm is not on PATH; the audits of graphql-http need it.", file=sys.stderr)
        return 2
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=HERE, check=True)
    return max([_audit(node, name, settings) for name, settings in MODES.items()])


def _audit(node: str, name: str, settings: dict[str, str]) -> int:
    print(f"\ngraphql-http's audits of a gateway {name}:")
    with tempfile.TemporaryDirectory(prefix="gateway-interop-") as folder:
        database_url = f"sqlite:///{folder}/gateway.db"
        upgrade(database_url)
        with serving(database_url, **settings) as server:
            return subprocess.run([node, "audits.mjs", server.url], cwd=HERE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
