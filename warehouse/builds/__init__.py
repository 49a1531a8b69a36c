"""What the analytics tables in `gong_build` were built from, and what has changed since.

Both are facts stored in the warehouse itself, beside the tables: whatever happens to a run, they
say of which rows the tables are.
"""
