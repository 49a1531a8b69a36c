"""The published copy: what analysts read while syncs go on.

Immutable Parquet parts under a small DuckDB catalogue of views. A part's name holds a fingerprint
of its content, so only what changed is written; the catalogue is swapped in one rename, so a reader
sees all of the old state or all of the new one. Parts that no catalogue names any more stay for a
grace time, for readers that still have the old one open.
"""
