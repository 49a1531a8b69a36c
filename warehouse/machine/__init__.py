"""What DuckDB has of the machine: memory, threads, and a folder for what does not fit."""
