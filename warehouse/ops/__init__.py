"""The tables of `gong_ops`: runs, pushes, erasures, alarms, schema changes."""
