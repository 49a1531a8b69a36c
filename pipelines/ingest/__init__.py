"""Syncs and backfills: what to read, in which slices, and the run around it."""
