"""An analyst in a process of its own, who asks the published copy the same question over and over.

Prints a JSON object per answer, `{"rows": …}` or `{"error": …}`, until its standard input closes.
"""

from __future__ import annotations

import json
import select
import sys
import time

import duckdb


def is_input_closed() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def main(catalogue: str, sql: str, manner: str) -> None:
    held = duckdb.connect(catalogue, read_only=True) if manner == "held" else None
    stop = False
    while True:
        try:
            if held:
                answer = {"rows": held.execute(sql).fetchall()}
            else:
                with duckdb.connect(catalogue, read_only=True) as db:
                    answer = {"rows": db.execute(sql).fetchall()}
        except duckdb.Error as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
        if stop:
            return
        # a last query after the input closes, so that the last state is seen for sure
        stop = is_input_closed()
        time.sleep(0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])
