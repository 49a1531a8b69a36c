"""dbt, as a process that does not outlive the one that started it.

`python -m pipelines.publish.dbt_process …` is `dbt …`, but it ends at once when its standard input
does. A run that is killed closes the pipe without knowing; left behind, dbt would hold the
warehouse for minutes against the next run, and build what nobody publishes.
"""

from __future__ import annotations

import os
import sys
import threading


def _end_with_who_started_it() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


def main() -> None:
    """Runs dbt's own command line."""
    threading.Thread(target=_end_with_who_started_it, daemon=True).start()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
