"""Reads Gong into the warehouse: syncs, backfills, and what they would cost.

`sync` and `backfill` decide what to read and return a `RunPlan`; `runner.run_plan` carries it out,
one load package at a time, through the `loader`. `coverage` and `slices` are pure: finished windows
in, windows and slices out.
"""
