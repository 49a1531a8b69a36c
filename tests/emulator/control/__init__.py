"""The control surface: request log, clock, faults, truth and changes."""
