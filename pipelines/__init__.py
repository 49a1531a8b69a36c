"""Joins the source to a warehouse and runs it.

`cli` reads the command line; `ingest` syncs and backfills; `publish` builds and publishes the
analytics tables; `push` and `privacy` write to Gong and erase; `monitor` checks and reports; `api`
calls single operations; `docs` generates documents. The modules beside them are shared by the
commands: a session with its settings, the lock of the warehouse, messages, rows and exit codes.
"""
