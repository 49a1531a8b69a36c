"""Warehouses that tests begin with."""
