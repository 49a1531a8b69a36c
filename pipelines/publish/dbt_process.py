"""dbt, as a process that ends with its parent.

`python -m pipelines.publish.dbt_process …` is `dbt …`, but it ends at once when its standard input
does. A killed run closes that pipe. Left behind, dbt would keep the warehouse from the next run for
minutes, and build what nobody publishes.
"""

from __future__ import annotations

import os
import sys
import threading


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


def main() -> None:
    """Runs dbt's own command line."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
