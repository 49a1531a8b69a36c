"""Knows the APIs that data comes from, one package each."""
