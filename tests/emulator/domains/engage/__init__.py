"""State of Engage: flows, instances, tasks, meetings, reported events."""
