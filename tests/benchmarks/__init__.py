"""Benchmarks: each prints a ratio side by side in one run and asserts nothing."""
