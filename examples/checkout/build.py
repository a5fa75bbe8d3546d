"""How the checkout example gets into gateway/pages/static_files/checkout/."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from web.npm_build import Page  # noqa: E402

if __name__ == "__main__":
    page = Page(HERE, name="checkout", called="The checkout example", address="/demo/")
    sys.exit(page.make(sys.argv[1:]))
