"""What a run has of the machine: memory for DuckDB, and what a fault of its disk means."""
