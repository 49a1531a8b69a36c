"""The tables of `gong_ops`, one module each: runs, settings, pushes, erasures, alarms, drift."""
