"""Pages, cursors, and list faults."""
