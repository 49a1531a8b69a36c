"""Tests of operations, by domain."""
