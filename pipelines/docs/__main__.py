"""Runs the package as a command."""

from __future__ import annotations

import sys
from pathlib import Path

from pipelines.docs.files import ROOT, write
from pipelines.docs.site import build_site, dbt_page
from pipelines.exit_codes import USAGE


def main() -> None:
    """Writes the generated files, then the pages for a browser."""
    if not (ROOT / "pyproject.toml").is_file():
        sys.stderr.write(
            "error: the documents are generated in a checkout of the repository, which this "
            "installed package is not\n"
        )
        sys.exit(USAGE)
    for path in write():
        sys.stdout.write(f"wrote {path}\n")
    if len(sys.argv) > 1:
        dbt_page(Path(sys.argv[1]))
    sys.stdout.write(f"{build_site()}\n")


if __name__ == "__main__":
    main()
