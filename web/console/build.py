"""How the console gets into gateway/pages/static_files/console/."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from web.npm_build import Page  # noqa: E402

if __name__ == "__main__":
    page = Page(HERE, name="console", called="The console", address="/console/")
    sys.exit(page.make(sys.argv[1:]))
