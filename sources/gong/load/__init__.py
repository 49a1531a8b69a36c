"""Turns what was read into dlt resources: changed rows, deletions, the load log."""
